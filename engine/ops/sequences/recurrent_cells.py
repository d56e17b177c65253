"""One step of a recurrent network: what it makes of an input and a state."""

from __future__ import annotations

from typing import Any

from engine.ops.elementwise.activation import relu
from engine.ops.elementwise.trigonometric import tanh
from engine.ops.linear_algebra.matmul import linear
from engine.ops.sequences.recurrent_gates import gated_unit, long_short_term_gates


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh) (torch.rnn_tanh_cell)."""
    _check(input, (hx,), w_ih, w_hh)
    return tanh(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """max(0, x W_ihᵀ + b_ih + h W_hhᵀ + b_hh) (torch.rnn_relu_cell)."""
    _check(input, (hx,), w_ih, w_hh)
    return relu(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple[Any, Any]:
    """The hidden state and the cell after `input`, from those in `hx` (torch.lstm_cell)."""
    hidden, cell = hx
    _check(input, (hidden, cell), w_ih, w_hh)
    step = long_short_term_gates(linear(input, w_ih, b_ih), linear(hidden, w_hh, b_hh), cell)
    return step.hidden, step.following


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """The hidden state after `input`, from the one before it (torch.gru_cell)."""
    _check(input, (hx,), w_ih, w_hh)
    return gated_unit(linear(input, w_ih, b_ih), linear(hx, w_hh, b_hh), hx).following


def _check(input: Any, state: tuple[Any, ...], w_ih: Any, w_hh: Any) -> None:
    if input.shape[-1:] != w_ih.shape[-1:]:
        given = input.shape[-1] if input.shape else "none"
        raise RuntimeError(f"input has inconsistent input_size: got {given} expected {w_ih.shape[-1]}")
    for number, each in enumerate(state):
        if each.shape[:-1] != input.shape[:-1]:
            raise RuntimeError(
                f"Input batch size {_batch(input)} doesn't match hidden{number} batch size {_batch(each)}: "
                f"shapes {list(input.shape)} and {list(each.shape)}"
            )
        if each.shape[-1] != w_hh.shape[-1]:
            raise RuntimeError(
                f"hidden{number} has inconsistent hidden_size: got {each.shape[-1]}, expected {w_hh.shape[-1]}"
            )


def _batch(tensor: Any) -> int | str:
    return tensor.shape[0] if tensor.ndim else "none"
