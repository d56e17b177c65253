"""A recurrent step along whole sequences, the inputs of all steps projected at once.

Sequences lie packed: all their first elements, then all their second ones, and so on, longer sequences first. `sizes`
says how many sequences still run at each step; all of them do where all are equally long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.ops.indices.indexing import narrow
from engine.ops.layouts.joining import cat, split_with_sizes
from engine.ops.linear_algebra.matmul import linear
from engine.ops.sequences.recurrent_gates import gated_unit, long_short_term_gates

State = tuple[Any, ...]
Step = Callable[[Any, State], State]


def rnn_steps(
    data: Any, weights: Sequence[Any], biases: Sequence[Any], activation: Callable[[Any], Any]
) -> tuple[Any, Step]:
    """What all inputs bring to the sums, and the step h ← activation(x + h W_hhᵀ)."""
    w_ih, w_hh = weights

    def step(brought: Any, state: State) -> State:
        return (activation(brought + linear(state[0], w_hh)),)

    return linear(data, w_ih, _added(biases)), step


def lstm_steps(data: Any, weights: Sequence[Any], biases: Sequence[Any], projection: Any = None) -> tuple[Any, Step]:
    """What all inputs bring to the gates, and the step of LSTM; a projection makes the hidden state smaller."""
    w_ih, w_hh = weights

    def step(brought: Any, state: State) -> State:
        hidden, cell, _ = long_short_term_gates(brought, linear(state[0], w_hh), state[1])
        return hidden if projection is None else linear(hidden, projection), cell

    return linear(data, w_ih, _added(biases)), step


def gru_steps(data: Any, weights: Sequence[Any], biases: Sequence[Any]) -> tuple[Any, Step]:
    """What all inputs bring to the gates, and the step of GRU."""
    w_ih, w_hh = weights
    b_ih, b_hh = biases or (None, None)

    def step(brought: Any, state: State) -> State:
        return (gated_unit(brought, linear(state[0], w_hh, b_hh), state[0]).following,)

    return linear(data, w_ih, b_ih), step


def _added(biases: Sequence[Any]) -> Any:
    return biases[0] + biases[1] if biases else None


def run_forwards(brought: Any, sizes: Sequence[int], step: Step, state: State) -> tuple[Any, State]:
    """The hidden states of all steps, packed, and the state that each sequence ends in."""
    outputs, ended = [], []
    for part in split_with_sizes(brought, tuple(sizes)):
        running = part.shape[0]
        if running < state[0].shape[0]:
            ended.append(_rows(state, running, state[0].shape[0]))
            state = _rows(state, 0, running)
        state = step(part, state)
        outputs.append(state[0])
    return cat(outputs), _joined([state, *reversed(ended)])


def run_backwards(brought: Any, sizes: Sequence[int], step: Step, state: State) -> tuple[Any, State]:
    """The same from each sequence's end to its start, where all states end together."""
    initial, outputs = state, []
    state = _rows(initial, 0, sizes[-1])
    for part in reversed(split_with_sizes(brought, tuple(sizes))):
        running = state[0].shape[0]
        if running < part.shape[0]:
            state = _joined([state, _rows(initial, running, part.shape[0])])
        state = step(part, state)
        outputs.append(state[0])
    return cat(outputs[::-1]), state


def _rows(state: State, start: int, stop: int) -> State:
    return tuple(narrow(each, 0, start, stop - start) for each in state)


def _joined(states: list[State]) -> State:
    return states[0] if len(states) == 1 else tuple(cat(each) for each in zip(*states, strict=True))
