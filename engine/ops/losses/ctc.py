"""Connectionist temporal classification: all ways to write a target over time at once, by forward and backward sums.

Source: Graves et al., "Connectionist temporal classification: labelling unsegmented sequence data with recurrent neural
networks", 2006; numbers in parentheses are its equations.
"""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype, float32, float64, int32, int64
from engine.backend.namespace import xp
from engine.backend.scatter import add_at


def _check(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int) -> None:
    steps, examples, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank must be in label range: got {blank}, there are {classes} labels, from 0")
    for name, each in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if each.shape != (examples,):
            raise RuntimeError(f"{name} must be of size batch_size: got {list(each.shape)}, batch size is {examples}")
    if targets.ndim != 2 or targets.shape[0] != examples:
        raise RuntimeError(
            f"Expected targets of shape [{examples}, longest], got {list(targets.shape)} for log_probs of shape "
            f"[{steps}, {examples}, {classes}]"
        )


def _check_lengths(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> None:
    """On a GPU nobody waits to look."""
    if xp(log_probs).__name__ != "numpy" or not input_lengths.size:
        return
    bounds = (("input", input_lengths, log_probs.shape[0]), ("target", target_lengths, targets.shape[1]))
    for name, lengths, most in bounds:
        for problem, worst in (("at most", lengths.max()), ("at least", lengths.min())):
            if worst > most or worst < 0:
                limit = most if problem == "at most" else 0
                raise RuntimeError(f"Expected {name}_lengths to have value {problem} {limit}, but got value {worst}")


def _refuse_types(
    name: str, compute: dtype | None, log_probs: dtype, targets: dtype, input_lengths: dtype, target_lengths: dtype
) -> None:
    if log_probs not in (float32, float64):
        raise NotImplementedError(f'"{name}" not implemented for {log_probs}; convert log_probs with .to(dtype) first')
    for argument, kind in (("targets", targets), ("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if kind not in (int64, int32):
            raise RuntimeError(f"{argument} must be integral (int64 or int32), got {kind}; convert it with .to(dtype)")


def _loss_shape(
    log_probs: Spec, targets: Spec, input_lengths: Spec, target_lengths: Spec, blank: int
) -> tuple[Spec, Spec]:
    _check(log_probs, targets, input_lengths, target_lengths, blank)
    places = 2 * targets.shape[1] + 1
    return Spec(log_probs.shape[1:2], log_probs.dtype), Spec((*log_probs.shape[:2], places), log_probs.dtype)


def _paths(log_probs: Any, targets: Any, target_lengths: Any, blank: int) -> tuple[Any, Any, Any]:
    """Each target with blanks around its labels, [N, L]; log_probs of those labels, [T, N, L], -∞ past their end;
    which labels may follow the one before the blank before them.
    """
    namespace = xp(log_probs)
    examples, longest = targets.shape
    places = namespace.arange(2 * longest + 1)
    inside = places <= 2 * target_lengths[:, None]
    labels = namespace.full((examples, 2 * longest + 1), blank, dtype="int64")
    labels[:, 1::2] = namespace.where(inside[:, 1::2], targets, blank)
    emitted = namespace.take_along_axis(log_probs, labels[None], 2)
    emitted = namespace.where(inside, emitted, -math.inf)
    skips = namespace.zeros(labels.shape, dtype=bool)
    skips[:, 3::2] = labels[:, 3::2] != labels[:, 1:-2:2]
    return labels, emitted, skips


def _added(first: Any, second: Any, third: Any) -> Any:
    """log(exp(a) + exp(b) + exp(c)), -∞ being the logarithm of nothing."""
    namespace = xp(first)
    highest = namespace.maximum(namespace.maximum(first, second), third)
    shift = namespace.where(highest == -math.inf, 0, highest)
    return shift + namespace.log(
        namespace.exp(first - shift) + namespace.exp(second - shift) + namespace.exp(third - shift)
    )


def _moved(sums: Any, by: int) -> Any:
    """The sums of each example at the label `by` places before, nothing where there is none."""
    result = xp(sums).full_like(sums, -math.inf)
    if by > 0:
        result[:, by:] = sums[:, :-by]
    else:
        result[:, :by] = sums[:, -by:]
    return result


def _forward_sums(emitted: Any, skips: Any) -> Any:
    """α(t, s): the logarithm of all that was written up to label s by time t, (5) to (7)."""
    namespace = xp(emitted)
    alpha = namespace.full_like(emitted, -math.inf)
    alpha[:1, :, :2] = emitted[:1, :, :2]
    for time in range(1, emitted.shape[0]):
        before = alpha[time - 1]
        jumped = namespace.where(skips, _moved(before, 2), -math.inf)
        alpha[time] = emitted[time] + _added(before, _moved(before, 1), jumped)
    return alpha


def _backward_sums(emitted: Any, skips: Any, last_times: Any, last_places: Any) -> Any:
    """β(t, s): the logarithm of all that will be written from label s at time t, (9) to (11)."""
    namespace = xp(emitted)
    places = namespace.arange(emitted.shape[2])
    ends = (places == last_places[:, None]) | (places == last_places[:, None] - 1)
    beta = namespace.full_like(emitted, -math.inf)
    after = beta[0]
    for time in range(emitted.shape[0] - 1, -1, -1):
        jumped = _moved(namespace.where(skips, after, -math.inf), -2)
        onwards = _added(after, _moved(after, -1), jumped)
        onwards = namespace.where(ends & (last_times == time)[:, None], 0, onwards)
        beta[time] = after = emitted[time] + onwards
    return beta


def _log_likelihood(alpha: Any, input_lengths: Any, target_lengths: Any) -> Any:
    """Log p(target): what ends in the last label or the blank behind it, (8)."""
    namespace = xp(alpha)
    examples = namespace.arange(alpha.shape[1])
    nothing = namespace.full(alpha.shape[1:2], -math.inf, dtype=alpha.dtype)
    if not alpha.shape[0]:
        return namespace.where(target_lengths == 0, 0, nothing)
    last = alpha[namespace.maximum(input_lengths, 1) - 1, examples]
    blank = last[examples, 2 * target_lengths]
    label = namespace.where(target_lengths > 0, last[examples, namespace.maximum(2 * target_lengths - 1, 0)], nothing)
    # Without time only a target of nothing is written, and surely.
    return namespace.where(
        input_lengths > 0, _added(blank, label, nothing), namespace.where(target_lengths == 0, 0, nothing)
    )


@op(shape=_loss_shape, types="keep", saved=("alpha",))
def connectionist_loss(
    log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array, blank: int
) -> Any:
    """-log of the probability of each target: log_probs are [T, N, C], targets [N, S]; gives [N].

    Labels beyond a target's length and times beyond an input's count for nothing. The gradient takes log_probs for
    logarithms of probabilities that sum to one, as PyTorch's does. Raises RuntimeError for what does not fit.
    """
    _check(log_probs, targets, input_lengths, target_lengths, blank)
    _check_lengths(log_probs, targets, input_lengths, target_lengths)
    _, emitted, skips = _paths(log_probs, targets, target_lengths, blank)
    alpha = _forward_sums(emitted, skips)
    return (-_log_likelihood(alpha, input_lengths, target_lengths)).astype(log_probs.dtype, copy=False), alpha


@op(shape=lambda upstream, log_probs, *rest: log_probs, types="keep")
def connectionist_backward(
    upstream: Array,
    log_probs: Array,
    targets: Array,
    input_lengths: Array,
    target_lengths: Array,
    losses: Array,
    alpha: Array,
    blank: int,
) -> Any:
    """The gradient of connectionist_loss for log_probs: p - Σ αβ / (p p(target)) over each class's places, (16)."""
    namespace = xp(log_probs)
    labels, emitted, skips = _paths(log_probs, targets, target_lengths, blank)
    beta = _backward_sums(emitted, skips, input_lengths - 1, 2 * target_lengths)
    steps, examples, classes = log_probs.shape
    reached = namespace.where(emitted == -math.inf, 0, namespace.exp(alpha + beta - emitted + losses[:, None]))
    shares = namespace.zeros(log_probs.size, log_probs.dtype)
    rows = namespace.arange(steps * examples).reshape(steps, examples, 1) * classes
    add_at(shares, (rows + labels).reshape(-1), reached.reshape(-1).astype(log_probs.dtype, copy=False))
    gradient = (namespace.exp(log_probs) - shares.reshape(log_probs.shape)) * upstream[:, None]
    # A target that cannot be written has no gradient; the zero of a loss that was set to zero stays one.
    gradient = namespace.where(
        (losses == math.inf)[:, None], namespace.where(upstream == 0, 0, math.nan)[:, None], gradient
    )
    heard = namespace.arange(steps)[:, None] < input_lengths
    return namespace.where(heard[:, :, None], gradient, 0).astype(log_probs.dtype, copy=False)


def _no_second_order(*given: Any) -> Any:
    raise RuntimeError("ctc_loss has no second derivative, as in PyTorch: differentiate it once, without create_graph")


connectionist_loss.refuse(_refuse_types)
connectionist_loss.gradient(
    log_probs=lambda g, log_probs, targets, input_lengths, target_lengths, y, alpha, blank: connectionist_backward(
        g, log_probs, targets, input_lengths, target_lengths, y, alpha, blank
    )
)
connectionist_backward.gradient_from(_no_second_order)
