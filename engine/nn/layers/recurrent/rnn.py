"""RNN: the plain recurrent layer."""

from __future__ import annotations

from typing import Any

from engine.nn.layers.recurrent.layers import RNNBase
from engine.ops.elementwise.activation import relu
from engine.ops.elementwise.trigonometric import tanh
from engine.ops.sequences.recurrent_sequence import Step, rnn_steps

ACTIVATIONS = {"tanh": tanh, "relu": relu}


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
        if nonlinearity not in ACTIVATIONS:
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

    def steps(self, data: Any, parameters: dict[str, Any]) -> tuple[Any, Step]:
        weights = parameters["weight_ih"], parameters["weight_hh"]
        biases = (parameters["bias_ih"], parameters["bias_hh"]) if self.bias else ()
        return rnn_steps(data, weights, biases, ACTIVATIONS[self.nonlinearity])
