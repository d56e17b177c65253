"""Plain recurrent layers over whole sequences as one op, and its gradients back through time as another."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.kernels.cpu import recurrent_rnn as kernels
from engine.ops.layouts.joining import cat
from engine.ops.linear_algebra.matmul import matmul
from engine.ops.precision import narrowed, widened
from engine.ops.sequences.recurrent_gates import refuse_mixed
from engine.ops.sequences.recurrent_order import Sizes, check_packed, states_before, steps, with_rows


class PlainSequence(NamedTuple):
    """The hidden states of all steps and the one that each sequence ends in."""

    outputs: Any
    last_hidden: Any


class PlainSequenceGradients(NamedTuple):
    """The gradients of the sums, and of the state that each sequence begins with."""

    sums: Any
    hidden: Any


def _shape(
    brought: Spec, hidden_weight: Spec, hidden: Spec, nonlinearity: str, sizes: Sizes, from_end: bool
) -> PlainSequence:
    check_packed("rnn_sequence", brought, hidden_weight, hidden, 1, sizes)
    return PlainSequence(brought, hidden)


@op(shape=_shape, types="keep")
def rnn_sequence(
    brought: Array, hidden_weight: Array, hidden: Array, nonlinearity: str, sizes: Sizes, from_end: bool
) -> PlainSequence:
    """The tanh or relu, step by step, of what the inputs of each step bring plus h W_hhᵀ.

    Inputs lie packed by `sizes` (see recurrent_order); `from_end` walks each sequence from its end to its start.
    """
    check_packed("rnn_sequence", brought, hidden_weight, hidden, 1, sizes)
    space, sums, weight = xp(brought), widened(brought), widened(hidden_weight).T
    now, outputs = widened(hidden).copy(), space.empty(sums.shape, sums.dtype)
    for rows in steps(sizes, from_end):
        running = slice(rows.stop - rows.start)
        total = sums[rows] + now[running] @ weight
        now[running] = outputs[rows] = space.maximum(total, 0) if nonlinearity == "relu" else space.tanh(total)
    return PlainSequence(narrowed(outputs, brought), narrowed(now, brought))


def _gradient_shape(
    g_outputs: Spec | None,
    g_last_hidden: Spec | None,
    hidden_weight: Spec,
    outputs: Spec,
    nonlinearity: str,
    sizes: Sizes,
    from_end: bool,
) -> PlainSequenceGradients:
    return PlainSequenceGradients(outputs, Spec((sizes[0], outputs.shape[1]), outputs.dtype))


def _slope(outputs: Any, nonlinearity: str) -> Any:
    return outputs > 0 if nonlinearity == "relu" else 1 - outputs * outputs


@op(shape=_gradient_shape, types="keep")
def rnn_sequence_backward(
    g_outputs: Array | None,
    g_last_hidden: Array | None,
    hidden_weight: Array,
    outputs: Array,
    nonlinearity: str,
    sizes: Sizes,
    from_end: bool,
) -> PlainSequenceGradients:
    """The gradients of rnn_sequence back through time; an absent one of an output is zero."""
    space, weight, states = xp(outputs), widened(hidden_weight), widened(outputs)
    sums = space.empty(states.shape, states.dtype)
    shape = sizes[0], outputs.shape[1]
    carried = space.zeros(shape, states.dtype) if g_last_hidden is None else widened(g_last_hidden).copy()
    for rows in reversed(steps(sizes, from_end)):
        running = slice(rows.stop - rows.start)
        upstream = carried[running] if g_outputs is None else carried[running] + widened(g_outputs[rows])
        sums[rows] = upstream * _slope(states[rows], nonlinearity)
        carried[running] = sums[rows] @ weight
    return PlainSequenceGradients(narrowed(sums, outputs), narrowed(carried, outputs))


def _gradients_in_ops(
    g_outputs: Any,
    g_last_hidden: Any,
    hidden_weight: Any,
    outputs: Any,
    nonlinearity: str,
    sizes: Sizes,
    from_end: bool,
) -> PlainSequenceGradients:
    """The same gradients in ops, for derivatives of them."""
    carried = outputs.new_zeros(sizes[0], outputs.shape[1]) if g_last_hidden is None else g_last_hidden
    sums: dict[int, Any] = {}
    for rows in reversed(steps(sizes, from_end)):
        running = slice(rows.stop - rows.start)
        upstream = carried[running] if g_outputs is None else carried[running] + g_outputs[rows]
        step = sums[rows.start] = upstream * _slope(outputs[rows], nonlinearity)
        carried = cat(with_rows(carried, matmul(step, hidden_weight)))
    return PlainSequenceGradients(cat([sums[start] for start in sorted(sums)]), carried)


@rnn_sequence.gradients
def _gradients(
    g_outputs: Any,
    g_last_hidden: Any,
    hidden_weight: Any,
    hidden: Any,
    outputs: Any,
    nonlinearity: str,
    sizes: Sizes,
    from_end: bool,
    needs: Any,
) -> tuple[Any, ...]:
    upstream = (None if each is None else each.contiguous() for each in (g_outputs, g_last_hidden))
    sums, to_hidden = rnn_sequence_backward(*upstream, hidden_weight, outputs, nonlinearity, sizes, from_end)
    to_weight = matmul(sums.mT, cat(states_before(outputs, hidden, sizes, from_end))) if needs[1] else None
    return sums, to_weight, to_hidden


rnn_sequence.refuse(refuse_mixed)
rnn_sequence_backward.gradient_from(_gradients_in_ops)
rnn_sequence.fast(cpu=kernels.rnn_sequence)
rnn_sequence_backward.fast(cpu=kernels.rnn_sequence_backward)
