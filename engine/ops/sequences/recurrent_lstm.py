"""LSTM over whole sequences as one op, and its gradients back through time as another."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.kernels.cpu import recurrent_lstm as kernels
from engine.ops.layouts.joining import cat
from engine.ops.linear_algebra.matmul import matmul
from engine.ops.precision import narrowed, widened
from engine.ops.sequences.recurrent_gates import long_short_term_backward, long_short_term_gates, refuse_mixed
from engine.ops.sequences.recurrent_order import Sizes, check_packed, states_before, steps, with_rows


class LongShortTermSequence(NamedTuple):
    """The hidden states of all steps and the state that each sequence ends in; all cells and all gates as opened."""

    outputs: Any
    last_hidden: Any
    last_cell: Any
    cells: Any
    opened: Any


class LongShortTermSequenceGradients(NamedTuple):
    """The gradients of the sums that open the gates, and of the state that each sequence begins with."""

    sums: Any
    hidden: Any
    cell: Any


def _shape(
    brought: Spec, hidden_weight: Spec, hidden: Spec, cell: Spec, sizes: Sizes, from_end: bool
) -> LongShortTermSequence:
    check_packed("lstm_sequence", brought, hidden_weight, hidden, 4, sizes)
    check_packed("lstm_sequence", brought, hidden_weight, cell, 4, sizes)
    states = Spec((brought.shape[0], cell.shape[1]), brought.dtype)
    return LongShortTermSequence(states, hidden, cell, states, brought)


@op(shape=_shape, types="keep")
def lstm_sequence(
    brought: Array, hidden_weight: Array, hidden: Array, cell: Array, sizes: Sizes, from_end: bool
) -> LongShortTermSequence:
    """long_short_term_gates step by step, on what the inputs of each step bring to its sums plus h W_hhᵀ.

    Inputs lie packed by `sizes` (see recurrent_order); `from_end` walks each sequence from its end to its start.
    """
    check_packed("lstm_sequence", brought, hidden_weight, hidden, 4, sizes)
    sums, weight = widened(brought), widened(hidden_weight).T
    hidden_now, cell_now = widened(hidden).copy(), widened(cell).copy()
    opened = xp(brought).empty(brought.shape, sums.dtype)
    outputs, cells = (xp(brought).empty((len(brought), cell.shape[1]), sums.dtype) for _ in range(2))
    for rows in steps(sizes, from_end):
        running = slice(rows.stop - rows.start)
        step = long_short_term_gates.reference(sums[rows], hidden_now[running] @ weight, cell_now[running])
        hidden_now[running], cell_now[running], opened[rows] = step
        outputs[rows], cells[rows] = step.hidden, step.following
    found = outputs, hidden_now, cell_now, cells, opened
    return LongShortTermSequence(*(narrowed(each, brought) for each in found))


def _gradient_shape(
    g_outputs: Spec | None,
    g_last_hidden: Spec | None,
    g_last_cell: Spec | None,
    g_cells: Spec | None,
    g_opened: Spec | None,
    hidden_weight: Spec,
    cell: Spec,
    cells: Spec,
    opened: Spec,
    sizes: Sizes,
    from_end: bool,
) -> LongShortTermSequenceGradients:
    return LongShortTermSequenceGradients(opened, cell, cell)


@op(shape=_gradient_shape, types="keep")
def lstm_sequence_backward(
    g_outputs: Array | None,
    g_last_hidden: Array | None,
    g_last_cell: Array | None,
    g_cells: Array | None,
    g_opened: Array | None,
    hidden_weight: Array,
    cell: Array,
    cells: Array,
    opened: Array,
    sizes: Sizes,
    from_end: bool,
) -> LongShortTermSequenceGradients:
    """The gradients of lstm_sequence back through time; an absent one of an output is zero."""
    space, weight, gates = xp(opened), widened(hidden_weight), widened(opened)
    before = space.concatenate([widened(each) for each in states_before(cells, cell, sizes, from_end)])
    sums = space.empty(gates.shape, gates.dtype)
    to_hidden, to_cell = (
        space.zeros(cell.shape, gates.dtype) if given is None else widened(given).copy()
        for given in (g_last_hidden, g_last_cell)
    )
    for rows in reversed(steps(sizes, from_end)):
        running = slice(rows.stop - rows.start)
        upstream = [
            carried[running] if given is None else carried[running] + widened(given[rows])
            for carried, given in ((to_hidden, g_outputs), (to_cell, g_cells))
        ]
        wanted = None if g_opened is None else g_opened[rows]
        sums[rows], to_cell[running] = long_short_term_backward.reference(
            *upstream, wanted, before[rows], cells[rows], gates[rows]
        )
        to_hidden[running] = sums[rows] @ weight
    return LongShortTermSequenceGradients(*(narrowed(each, opened) for each in (sums, to_hidden, to_cell)))


def _gradients_in_ops(
    g_outputs: Any,
    g_last_hidden: Any,
    g_last_cell: Any,
    g_cells: Any,
    g_opened: Any,
    hidden_weight: Any,
    cell: Any,
    cells: Any,
    opened: Any,
    sizes: Sizes,
    from_end: bool,
) -> LongShortTermSequenceGradients:
    """The same gradients in ops, for derivatives of them."""
    before = cat(states_before(cells, cell, sizes, from_end))
    to_hidden, to_cell = (
        cell.new_zeros(cell.shape) if given is None else given for given in (g_last_hidden, g_last_cell)
    )
    sums, walked = {}, steps(sizes, from_end)
    for rows in reversed(walked):
        running = slice(rows.stop - rows.start)
        upstream = [
            carried[running] if given is None else carried[running] + given[rows]
            for carried, given in ((to_hidden, g_outputs), (to_cell, g_cells))
        ]
        wanted = None if g_opened is None else g_opened[rows]
        step = long_short_term_backward(*upstream, wanted, before[rows], cells[rows], opened[rows])
        sums[rows.start] = step.gates
        to_cell = cat(with_rows(to_cell, step.cell))
        to_hidden = cat(with_rows(to_hidden, matmul(step.gates, hidden_weight)))
    return LongShortTermSequenceGradients(cat([sums[start] for start in sorted(sums)]), to_hidden, to_cell)


@lstm_sequence.gradients
def _gradients(
    g_outputs: Any,
    g_last_hidden: Any,
    g_last_cell: Any,
    g_cells: Any,
    g_opened: Any,
    hidden_weight: Any,
    hidden: Any,
    cell: Any,
    outputs: Any,
    cells: Any,
    opened: Any,
    sizes: Sizes,
    from_end: bool,
    needs: Any,
) -> tuple[Any, ...]:
    upstream = (None if each is None else each.contiguous() for each in (g_outputs, g_last_hidden, g_last_cell))
    sums, to_hidden, to_cell = lstm_sequence_backward(
        *upstream, g_cells, g_opened, hidden_weight, cell, cells, opened, sizes, from_end
    )
    to_weight = matmul(sums.mT, cat(states_before(outputs, hidden, sizes, from_end))) if needs[1] else None
    return sums, to_weight, to_hidden, to_cell


lstm_sequence.refuse(refuse_mixed)
lstm_sequence_backward.gradient_from(_gradients_in_ops)
lstm_sequence.fast(cpu=kernels.lstm_sequence)
lstm_sequence_backward.fast(cpu=kernels.lstm_sequence_backward)
