"""GRU over whole sequences as one op, and its gradients back through time as another."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.kernels.cpu import recurrent_gru as kernels
from engine.ops.layouts.joining import cat
from engine.ops.linear_algebra.matmul import matmul
from engine.ops.precision import narrowed, widened
from engine.ops.sequences.recurrent_gates import gated_unit, gated_unit_backward, refuse_mixed
from engine.ops.sequences.recurrent_order import Sizes, check_packed, states_before, steps, with_rows


class GatedSequence(NamedTuple):
    """The hidden states of all steps, the one that each sequence ends in, what r was offered, all gates as opened."""

    outputs: Any
    last_hidden: Any
    offered: Any
    opened: Any


class GatedSequenceGradients(NamedTuple):
    """The gradients of both parts of the sums that open the gates, and of the state that each sequence begins with."""

    input_gates: Any
    hidden_gates: Any
    hidden: Any


def _shape(
    brought: Spec, hidden_weight: Spec, hidden_bias: Spec | None, hidden: Spec, sizes: Sizes, from_end: bool
) -> GatedSequence:
    check_packed("gru_sequence", brought, hidden_weight, hidden, 3, sizes)
    if hidden_bias is not None and hidden_bias.shape != hidden_weight.shape[:1]:
        raise RuntimeError(
            f"gru_sequence: a weight of {list(hidden_weight.shape)} needs as long a bias, got {list(hidden_bias.shape)}"
        )
    states = Spec((brought.shape[0], hidden.shape[1]), brought.dtype)
    return GatedSequence(states, hidden, states, brought)


@op(shape=_shape, types="keep")
def gru_sequence(
    brought: Array, hidden_weight: Array, hidden_bias: Array | None, hidden: Array, sizes: Sizes, from_end: bool
) -> GatedSequence:
    """gated_unit step by step, on what the inputs of each step bring to its sums and on h W_hhᵀ + b_hh.

    Inputs lie packed by `sizes` (see recurrent_order); `from_end` walks each sequence from its end to its start.
    """
    check_packed("gru_sequence", brought, hidden_weight, hidden, 3, sizes)
    sums, weight = widened(brought), widened(hidden_weight).T
    bias = 0 if hidden_bias is None else widened(hidden_bias)
    now, size = widened(hidden).copy(), hidden.shape[1]
    opened = xp(brought).empty(brought.shape, sums.dtype)
    outputs, offered = (xp(brought).empty((len(brought), size), sums.dtype) for _ in range(2))
    for rows in steps(sizes, from_end):
        running = slice(rows.stop - rows.start)
        hidden_gates = now[running] @ weight + bias
        now[running], opened[rows] = gated_unit.reference(sums[rows], hidden_gates, now[running])
        outputs[rows], offered[rows] = now[running], hidden_gates[:, 2 * size :]
    return GatedSequence(*(narrowed(each, brought) for each in (outputs, now, offered, opened)))


def _gradient_shape(
    g_outputs: Spec | None,
    g_last_hidden: Spec | None,
    g_offered: Spec | None,
    g_opened: Spec | None,
    hidden_weight: Spec,
    hidden: Spec,
    outputs: Spec,
    offered: Spec,
    opened: Spec,
    sizes: Sizes,
    from_end: bool,
) -> GatedSequenceGradients:
    return GatedSequenceGradients(opened, opened, hidden)


@op(shape=_gradient_shape, types="keep")
def gru_sequence_backward(
    g_outputs: Array | None,
    g_last_hidden: Array | None,
    g_offered: Array | None,
    g_opened: Array | None,
    hidden_weight: Array,
    hidden: Array,
    outputs: Array,
    offered: Array,
    opened: Array,
    sizes: Sizes,
    from_end: bool,
) -> GatedSequenceGradients:
    """The gradients of gru_sequence back through time; an absent one of an output is zero."""
    space, weight, gates, size = xp(opened), widened(hidden_weight), widened(opened), hidden.shape[1]
    before = space.concatenate([widened(each) for each in states_before(outputs, hidden, sizes, from_end)])
    input_gates, hidden_gates = (space.empty(gates.shape, gates.dtype) for _ in range(2))
    carried = space.zeros(hidden.shape, gates.dtype) if g_last_hidden is None else widened(g_last_hidden).copy()
    # Of the products with the state, the gradient asks for the last third alone.
    products = space.empty(gates.shape, gates.dtype)
    products[:, 2 * size :] = offered
    for rows in reversed(steps(sizes, from_end)):
        running = slice(rows.stop - rows.start)
        upstream = carried[running] if g_outputs is None else carried[running] + widened(g_outputs[rows])
        wanted = None if g_opened is None else g_opened[rows]
        step = gated_unit_backward.reference(upstream, wanted, products[rows], before[rows], gates[rows])
        input_gates[rows], hidden_gates[rows], carried[running] = step
        if g_offered is not None:
            hidden_gates[rows, 2 * size :] += g_offered[rows]
        carried[running] += hidden_gates[rows] @ weight
    return GatedSequenceGradients(*(narrowed(each, opened) for each in (input_gates, hidden_gates, carried)))


def _gradients_in_ops(
    g_outputs: Any,
    g_last_hidden: Any,
    g_offered: Any,
    g_opened: Any,
    hidden_weight: Any,
    hidden: Any,
    outputs: Any,
    offered: Any,
    opened: Any,
    sizes: Sizes,
    from_end: bool,
) -> GatedSequenceGradients:
    """The same gradients in ops, for derivatives of them."""
    before = cat(states_before(outputs, hidden, sizes, from_end))
    carried = hidden.new_zeros(hidden.shape) if g_last_hidden is None else g_last_hidden
    products = cat((opened.new_zeros(len(opened), 2 * hidden.shape[1]), offered), -1)
    further = None if g_offered is None else cat((opened.new_zeros(len(opened), 2 * hidden.shape[1]), g_offered), -1)
    found: dict[int, tuple[Any, Any]] = {}
    for rows in reversed(steps(sizes, from_end)):
        running = slice(rows.stop - rows.start)
        upstream = carried[running] if g_outputs is None else carried[running] + g_outputs[rows]
        wanted = None if g_opened is None else g_opened[rows]
        step = gated_unit_backward(upstream, wanted, products[rows], before[rows], opened[rows])
        hidden_gates = step.hidden_gates if further is None else step.hidden_gates + further[rows]
        found[rows.start] = step.input_gates, hidden_gates
        carried = cat(with_rows(carried, step.hidden + matmul(hidden_gates, hidden_weight)))
    input_gates, hidden_gates = (cat(parts) for parts in zip(*(found[start] for start in sorted(found)), strict=True))
    return GatedSequenceGradients(input_gates, hidden_gates, carried)


@gru_sequence.gradients
def _gradients(
    g_outputs: Any,
    g_last_hidden: Any,
    g_offered: Any,
    g_opened: Any,
    hidden_weight: Any,
    hidden: Any,
    outputs: Any,
    offered: Any,
    opened: Any,
    sizes: Sizes,
    from_end: bool,
    needs: Any,
) -> tuple[Any, ...]:
    upstream = (None if each is None else each.contiguous() for each in (g_outputs, g_last_hidden))
    input_gates, hidden_gates, to_hidden = gru_sequence_backward(
        *upstream, g_offered, g_opened, hidden_weight, hidden, outputs, offered, opened, sizes, from_end
    )
    to_weight = matmul(hidden_gates.mT, cat(states_before(outputs, hidden, sizes, from_end))) if needs[1] else None
    return input_gates, to_weight, hidden_gates if needs[2] else None, to_hidden


gru_sequence.refuse(refuse_mixed)
gru_sequence_backward.gradient_from(_gradients_in_ops)
gru_sequence.fast(cpu=kernels.gru_sequence)
gru_sequence_backward.fast(cpu=kernels.gru_sequence_backward)
