"""RNN: the plain recurrent layer."""

from __future__ import annotations

from typing import Any

from engine.nn.layers.recurrent.layers import RNNBase
from engine.ops.sequences.recurrent_order import Sizes
from engine.ops.sequences.recurrent_sequence import State, run_rnn

NONLINEARITIES = ("tanh", "relu")


class RNN(RNNBase):
    """h_t = tanh(x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh), or relu (torch.nn.RNN)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            device=device,
            dtype=dtype,
        )
        self.nonlinearity = nonlinearity
        self.mode = f"RNN_{nonlinearity.upper()}"

    def run(
        self, data: Any, state: State, parameters: dict[str, Any], sizes: Sizes, from_end: bool
    ) -> tuple[Any, State]:
        weights = parameters["weight_ih"], parameters["weight_hh"]
        return run_rnn(data, state, weights, self._biases(parameters), self.nonlinearity, sizes, from_end)
