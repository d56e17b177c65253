"""A layer and direction of a recurrent network along packed sequences, the inputs of all steps projected at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.ops.layouts.joining import cat
from engine.ops.linear_algebra.matmul import linear
from engine.ops.sequences.recurrent_gates import long_short_term_gates
from engine.ops.sequences.recurrent_gru import gru_sequence
from engine.ops.sequences.recurrent_lstm import lstm_sequence
from engine.ops.sequences.recurrent_order import Sizes, steps, with_rows
from engine.ops.sequences.recurrent_rnn import rnn_sequence

State = tuple[Any, ...]


def run_rnn(
    data: Any,
    state: State,
    weights: Sequence[Any],
    biases: Sequence[Any],
    nonlinearity: str,
    sizes: Sizes,
    from_end: bool,
) -> tuple[Any, State]:
    """The hidden states of all steps, h ← tanh(x W_ihᵀ + h W_hhᵀ + b) or relu, and the one each sequence ends in."""
    w_ih, w_hh = weights
    brought = linear(data, w_ih, _added(biases))
    outputs, hidden = rnn_sequence(brought, w_hh, state[0].contiguous(), nonlinearity, sizes, from_end)
    return outputs, (hidden,)


def run_lstm(
    data: Any, state: State, weights: Sequence[Any], biases: Sequence[Any], sizes: Sizes, from_end: bool
) -> tuple[Any, State]:
    """The hidden states of all steps of LSTM, and the hidden state and the cell that each sequence ends in."""
    w_ih, w_hh = weights
    hidden, cell = (each.contiguous() for each in state)
    run = lstm_sequence(linear(data, w_ih, _added(biases)), w_hh, hidden, cell, sizes, from_end)
    return run.outputs, (run.last_hidden, run.last_cell)


def run_gru(
    data: Any, state: State, weights: Sequence[Any], biases: Sequence[Any], sizes: Sizes, from_end: bool
) -> tuple[Any, State]:
    """The hidden states of all steps of GRU, and the one that each sequence ends in."""
    w_ih, w_hh = weights
    b_ih, b_hh = biases or (None, None)
    run = gru_sequence(linear(data, w_ih, b_ih), w_hh, b_hh, state[0].contiguous(), sizes, from_end)
    return run.outputs, (run.last_hidden,)


def run_projected_lstm(
    data: Any,
    state: State,
    weights: Sequence[Any],
    biases: Sequence[Any],
    projection: Any,
    sizes: Sizes,
    from_end: bool,
) -> tuple[Any, State]:
    """The same of LSTM whose hidden states a projection makes smaller, step by step."""
    w_ih, w_hh = weights
    brought = linear(data, w_ih, _added(biases))
    hidden, cell = state
    outputs = []
    for rows in steps(sizes, from_end):
        running = slice(rows.stop - rows.start)
        step = long_short_term_gates(brought[rows], linear(hidden[running], w_hh), cell[running])
        outputs.append(linear(step.hidden, projection))
        hidden, cell = cat(with_rows(hidden, outputs[-1])), cat(with_rows(cell, step.following))
    return cat(outputs[::-1] if from_end else outputs), (hidden, cell)


def _added(biases: Sequence[Any]) -> Any:
    return biases[0] + biases[1] if biases else None
