"""Cells: recurrent layers one step at a time."""

from __future__ import annotations

import math
from typing import Any

from engine.creation import empty
from engine.nn.init import uniform_
from engine.nn.module import Module
from engine.nn.parameter import Parameter
from engine.ops.sequences.recurrent_cells import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell

_STEPS = {"tanh": rnn_tanh_cell, "relu": rnn_relu_cell}


class RNNCellBase(Module):
    """The weights of one step, all uniform in ±1/√hidden_size at the start."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        sums = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(sums, input_size, **options))
        self.weight_hh = Parameter(empty(sums, hidden_size, **options))
        self.register_parameter("bias_ih", Parameter(empty(sums, **options)) if bias else None)
        self.register_parameter("bias_hh", Parameter(empty(sums, **options)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            uniform_(parameter, -bound, bound)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}{'' if self.bias else ', bias=False'}"

    def _weights(self) -> tuple[Any, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _zeros(self, input: Any) -> Any:
        return input.new_zeros((*input.shape[:-1], self.hidden_size))

    def _check_rank(self, what: str, given: Any) -> None:
        if given.ndim not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected {what} to be 1D or 2D, got {given.ndim}D instead: {list(given.shape)}"
            )


class RNNCell(RNNCellBase):
    """h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh), or relu; x is [B, input_size] or [input_size] (torch.nn.RNNCell)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        self._check_rank("input", input)
        hidden = self._zeros(input) if hx is None else hx
        self._check_rank("hidden", hidden)
        if self.nonlinearity not in _STEPS:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}; there are {', '.join(_STEPS)}")
        return _STEPS[self.nonlinearity](input, hidden, *self._weights())

    def extra_repr(self) -> str:
        told = super().extra_repr()
        return told if self.nonlinearity == "tanh" else f"{told}, nonlinearity={self.nonlinearity}"


class LSTMCell(RNNCellBase):
    """(h', c') from x and (h, c), zeros by default, by the equations of LSTM (torch.nn.LSTMCell)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Any, hx: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        self._check_rank("input", input)
        state = (self._zeros(input),) * 2 if hx is None else tuple(hx)
        for number, each in enumerate(state):
            self._check_rank(f"hx[{number}]", each)
        return lstm_cell(input, state, *self._weights())


class GRUCell(RNNCellBase):
    """h' from x and h, zeros by default, by the equations of GRU (torch.nn.GRUCell)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        self._check_rank("input", input)
        hidden = self._zeros(input) if hx is None else hx
        self._check_rank("hidden", hidden)
        return gru_cell(input, hidden, *self._weights())
