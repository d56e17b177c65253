"""GRU: the layer of gated recurrent units."""

from __future__ import annotations

from typing import Any

from engine.nn.layers.recurrent.layers import RNNBase
from engine.ops.sequences.recurrent_order import Sizes
from engine.ops.sequences.recurrent_sequence import State, run_gru


class GRU(RNNBase):
    """r, z = σ(x_t W_ihᵀ + b_ih + h W_hhᵀ + b_hh), n = tanh(x_t W_inᵀ + b_in + r (h W_hnᵀ + b_hn)).

    h_t = (1 - z) n + z h_{t-1}; the weights hold those of r, z and n one below another (torch.nn.GRU).
    """

    mode = "GRU"
    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
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

    def run(
        self, data: Any, state: State, parameters: dict[str, Any], sizes: Sizes, from_end: bool
    ) -> tuple[Any, State]:
        weights = parameters["weight_ih"], parameters["weight_hh"]
        return run_gru(data, state, weights, self._biases(parameters), sizes, from_end)
