"""What the gates of one recurrent step do with a state, elementwise and in one go: LSTM and GRU."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype
from engine.backend.namespace import xp
from engine.ops.elementwise.trigonometric import tanh
from engine.ops.layouts.joining import cat
from engine.ops.layouts.splitting import chunk
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole


class LongShortTerm(NamedTuple):
    """The hidden state and the cell that follow, and the four gates side by side as they were opened."""

    hidden: Any
    following: Any
    opened: Any


class Gated(NamedTuple):
    """The hidden state that follows, and the three gates side by side as they were opened."""

    following: Any
    opened: Any


class LongShortTermGradients(NamedTuple):
    """The gradients for the sums that open the gates, and for the cell."""

    gates: Any
    cell: Any


class GatedGradients(NamedTuple):
    """The gradients for both parts of the sums that open the gates, and for the hidden state."""

    input_gates: Any
    hidden_gates: Any
    hidden: Any


def _logistic(values: Any) -> Any:
    """1 / (1 + exp(-x)), by tanh, which no x overflows."""
    return 0.5 * xp(values).tanh(0.5 * values) + 0.5


def _parts(gates: Any, count: int) -> list[Any]:
    size = gates.shape[-1] // count
    return [gates[..., place * size : (place + 1) * size] for place in range(count)]


def _check(name: str, input_gates: Any, hidden_gates: Any, state: Any, count: int) -> None:
    expected = (*state.shape[:-1], count * state.shape[-1]) if state.shape else ()
    if not state.shape or input_gates.shape != expected or hidden_gates.shape != expected:
        raise RuntimeError(
            f"{name}: a state of shape {list(state.shape)} has {count} gates of its size, {list(expected)} together, "
            f"but got {list(input_gates.shape)} from the input and {list(hidden_gates.shape)} from the state"
        )


def refuse_mixed(name: str, compute: dtype | None, *inputs: dtype | None) -> None:
    """Raise NotImplementedError for integers, RuntimeError for inputs of several types: PyTorch promotes none."""
    refuse_whole(name, inputs[0])
    given = [each for each in inputs if each is not None]
    if any(each is not given[0] for each in given):
        raise RuntimeError(f"{name}: all of the step must be of one dtype, got {', '.join(map(str, given))}")


def _long_short_shape(input_gates: Spec, hidden_gates: Spec, cell: Spec) -> LongShortTerm:
    _check("long_short_term_gates", input_gates, hidden_gates, cell, 4)
    return LongShortTerm(cell, cell, input_gates)


@op(shape=_long_short_shape, types="keep")
def long_short_term_gates(input_gates: Array, hidden_gates: Array, cell: Array) -> LongShortTerm:
    """i, f, o = σ and g = tanh of the sums; cell ← f cell + i g; hidden = o tanh(cell). The sums lie as i, f, g, o.

    Source: Hochreiter and Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers et al., 1999.
    """
    _check("long_short_term_gates", input_gates, hidden_gates, cell, 4)
    sums = widened(input_gates) + widened(hidden_gates)
    opened = _logistic(sums)
    size = cell.shape[-1]
    proposed = slice(2 * size, 3 * size)
    opened[..., proposed] = xp(sums).tanh(sums[..., proposed])
    accept, keep, proposal, show = _parts(opened, 4)
    following = keep * widened(cell) + accept * proposal
    hidden = show * xp(sums).tanh(following)
    return LongShortTerm(*(narrowed(each, cell) for each in (hidden, following, opened)))


def _long_short_gradient_shape(
    g_hidden: Spec | None, g_following: Spec | None, g_opened: Spec | None, cell: Spec, following: Spec, opened: Spec
) -> LongShortTermGradients:
    return LongShortTermGradients(opened, cell)


@op(shape=_long_short_gradient_shape, types="keep")
def long_short_term_backward(
    g_hidden: Array | None,
    g_following: Array | None,
    g_opened: Array | None,
    cell: Array,
    following: Array,
    opened: Array,
) -> LongShortTermGradients:
    """The gradients of long_short_term_gates; an absent one of an output is zero. `following` is the cell it gave."""
    namespace = xp(opened)
    before, gates = widened(cell), widened(opened)
    accept, keep, proposal, show = _parts(gates, 4)
    shown = namespace.tanh(widened(following))
    through_hidden = 0 if g_hidden is None else widened(g_hidden)
    inwards = through_hidden * show * (1 - shown * shown) + (0 if g_following is None else widened(g_following))
    slopes = gates * (1 - gates)
    size = cell.shape[-1]
    slopes[..., 2 * size : 3 * size] = 1 - proposal * proposal
    wanted = namespace.zeros_like(gates) if g_opened is None else widened(g_opened).copy()
    changes = (inwards * proposal, inwards * before, inwards * accept, through_hidden * shown)
    for part, change in zip(_parts(wanted, 4), changes, strict=True):
        part += change
    return LongShortTermGradients(narrowed(wanted * slopes, opened), narrowed(inwards * keep, cell))


def _long_short_gradients_in_ops(
    g_hidden: Any, g_following: Any, g_opened: Any, cell: Any, following: Any, opened: Any
) -> LongShortTermGradients:
    """The same gradients in ops, for derivatives of them."""
    accept, keep, proposal, show = chunk(opened, 4, -1)
    shown = tanh(following)
    through_hidden = following.new_zeros(following.shape) if g_hidden is None else g_hidden
    inwards = through_hidden * show * (1 - shown * shown)
    inwards = inwards if g_following is None else inwards + g_following
    wanted = cat((inwards * proposal, inwards * cell, inwards * accept, through_hidden * shown), -1)
    wanted = wanted if g_opened is None else wanted + g_opened
    slopes = [accept * (1 - accept), keep * (1 - keep), 1 - proposal * proposal, show * (1 - show)]
    return LongShortTermGradients(wanted * cat(slopes, -1), inwards * keep)


long_short_term_gates.refuse(refuse_mixed)
long_short_term_backward.gradient_from(_long_short_gradients_in_ops)


@long_short_term_gates.gradients
def _long_short_gradients(
    g_hidden: Any, g_following: Any, g_opened: Any, cell: Any, following: Any, opened: Any
) -> tuple[Any, Any, Any]:
    gates, before = long_short_term_backward(g_hidden, g_following, g_opened, cell, following, opened)
    return gates, gates, before


def _gated_shape(input_gates: Spec, hidden_gates: Spec, hidden: Spec) -> Gated:
    _check("gated_unit", input_gates, hidden_gates, hidden, 3)
    return Gated(hidden, input_gates)


@op(shape=_gated_shape, types="keep")
def gated_unit(input_gates: Array, hidden_gates: Array, hidden: Array) -> Gated:
    """r, z = σ(x + h) and n = tanh(x + r h) of the sums' thirds; hidden ← n + z (hidden - n).

    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014, the reset gate applied after
    the product as in PyTorch.
    """
    _check("gated_unit", input_gates, hidden_gates, hidden, 3)
    first, second, before = widened(input_gates), widened(hidden_gates), widened(hidden)
    size = hidden.shape[-1]
    opened = xp(first).empty_like(first)
    opened[..., : 2 * size] = _logistic(first[..., : 2 * size] + second[..., : 2 * size])
    reset, update, proposal = _parts(opened, 3)
    proposal[...] = xp(first).tanh(first[..., 2 * size :] + reset * second[..., 2 * size :])
    following = proposal + update * (before - proposal)
    return Gated(narrowed(following, hidden), narrowed(opened, hidden))


def _gated_gradient_shape(
    g_following: Spec | None, g_opened: Spec | None, hidden_gates: Spec, hidden: Spec, opened: Spec
) -> GatedGradients:
    return GatedGradients(opened, opened, hidden)


@op(shape=_gated_gradient_shape, types="keep")
def gated_unit_backward(
    g_following: Array | None, g_opened: Array | None, hidden_gates: Array, hidden: Array, opened: Array
) -> GatedGradients:
    """The gradients of gated_unit; an absent one of an output is zero."""
    namespace = xp(opened)
    before, gates = widened(hidden), widened(opened)
    reset, update, proposal = _parts(gates, 3)
    offered = widened(hidden_gates)[..., 2 * hidden.shape[-1] :]
    upstream = namespace.zeros_like(before) if g_following is None else widened(g_following)
    wanted = namespace.zeros_like(gates) if g_opened is None else widened(g_opened).copy()
    for_reset, for_update, for_proposal = _parts(wanted, 3)
    for_proposal += upstream * (1 - update)
    for_proposal *= 1 - proposal * proposal
    for_update += upstream * (before - proposal)
    for_update *= update * (1 - update)
    for_reset += for_proposal * offered
    for_reset *= reset * (1 - reset)
    for_hidden = wanted.copy()
    for_hidden[..., 2 * hidden.shape[-1] :] *= reset
    return GatedGradients(narrowed(wanted, opened), narrowed(for_hidden, opened), narrowed(upstream * update, hidden))


def _gated_gradients_in_ops(
    g_following: Any, g_opened: Any, hidden_gates: Any, hidden: Any, opened: Any
) -> GatedGradients:
    """The same gradients in ops, for derivatives of them."""
    reset, update, proposal = chunk(opened, 3, -1)
    offered = chunk(hidden_gates, 3, -1)[2]
    upstream = hidden.new_zeros(hidden.shape) if g_following is None else g_following
    wanted = opened.new_zeros(opened.shape) if g_opened is None else g_opened
    for_reset, for_update, for_proposal = chunk(wanted, 3, -1)
    for_proposal = (for_proposal + upstream * (1 - update)) * (1 - proposal * proposal)
    for_update = (for_update + upstream * (hidden - proposal)) * update * (1 - update)
    for_reset = (for_reset + for_proposal * offered) * reset * (1 - reset)
    shared = (for_reset, for_update)
    return GatedGradients(cat((*shared, for_proposal), -1), cat((*shared, for_proposal * reset), -1), upstream * update)


gated_unit.refuse(refuse_mixed)
gated_unit_backward.gradient_from(_gated_gradients_in_ops)


@gated_unit.gradients
def _gated_gradients(
    g_following: Any, g_opened: Any, hidden_gates: Any, hidden: Any, opened: Any
) -> tuple[Any, Any, Any]:
    return tuple(gated_unit_backward(g_following, g_opened, hidden_gates, hidden, opened))
