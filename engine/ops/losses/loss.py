"""Losses: how far predictions are from targets."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast, broadcast_shapes
from engine.backend.dtype import dtype, int64
from engine.backend.namespace import xp
from engine.kernels.cpu import losses as fast
from engine.ops.elementwise.activation import logsigmoid
from engine.ops.elementwise.exponential import sigmoid
from engine.ops.elementwise.selection import where
from engine.ops.losses.cross_entropy import (
    check_classes,
    check_reduction,
    check_smoothing,
    check_target_shape,
    class_cross_entropy,
    class_dim,
    refuse_types,
)
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole


def reduced(losses: Any, reduction: str) -> Any:
    """The losses as they are, their mean or their sum; raises ValueError for another reduction."""
    check_reduction(reduction)
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-Σ target log softmax(input), for class numbers or probabilities (torch.nn.functional.cross_entropy).

    The input is [N, C], [C] or [N, C, d1, ...]; the target has its shape without C or, if probabilities, with it.
    """
    if target.shape != input.shape or not input.ndim:
        return class_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    if not target.dtype.is_floating_point:
        raise RuntimeError(f"Expected floating point type for target with class probabilities, got {target.dtype}")
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    check_smoothing(label_smoothing)
    check_reduction(reduction)
    axis = class_dim(input)
    classes = input.shape[axis]
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    terms = input.log_softmax(axis) * target
    if weight is not None:
        terms = terms * _along_classes(weight, input)
    losses = -terms.sum(axis)
    if reduction == "mean":
        return losses.sum() / (input.numel() / classes if input.numel() else 0.0)
    return reduced(losses, reduction)


def _along_classes(weight: Any, input: Any) -> Any:
    axis = class_dim(input)
    if weight.shape != (input.shape[axis],):
        raise RuntimeError(
            f"weight tensor should be defined either for all {input.shape[axis]} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )
    return weight.reshape(-1, *(1,) * (input.ndim - 1 - axis))


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """-w_t input_t for the class t of log-probabilities; the mean is weighted (torch.nn.functional.nll_loss)."""
    check_reduction(reduction)
    check_target_shape(input, target, weight)
    refuse_types("nll_loss", None, input.dtype, target.dtype, None if weight is None else weight.dtype)
    axis = class_dim(input)
    if target.array is not None:
        check_classes(target.array, input.shape[axis], ignore_index)
    known = target != ignore_index
    numbers = target.to(int64).masked_fill(~known, 0)
    weights = known.to(input.dtype) if weight is None else weight[numbers] * known
    losses = (-input.gather(axis, numbers.unsqueeze(axis)).squeeze(axis)).masked_fill(~known, 0) * weights
    return losses.sum() / weights.sum() if reduction == "mean" else reduced(losses, reduction)


def _weighted(losses: Any, weight: Any) -> Any:
    return losses if weight is None else losses * weight


def _weighted_mean(losses: Any, input: Any, weight: Any, reduction: str) -> Any:
    """The losses reduced, `mean` being Σ w loss / Σ w."""
    if weight is None:
        return reduced(losses, reduction)
    _check_weight(weight, input)
    total = reduced(losses * weight, "sum" if reduction == "mean" else reduction)
    return total / weight.sum() if reduction == "mean" else total


def _check_weight(weight: Any, input: Any) -> None:
    if weight.shape != input.shape:
        raise ValueError(
            f"Weights and input must have the same size, got {list(weight.shape)} and {list(input.shape)}."
        )


@op(shape=broadcast, complex="holomorphic")
def squared_error(input: Array, other: Array) -> Any:
    """(input - other)² of each element."""
    difference = input - other
    return difference * difference


@op(shape=lambda upstream, input, target: broadcast(upstream, broadcast(input, target)), complex="holomorphic")
def squared_error_backward(upstream: Array, input: Array, target: Array) -> Any:
    """The gradient of squared_error for its first input: 2 * upstream * (input - target)."""
    return upstream * (2 * (input - target))


squared_error_backward.gradient(
    upstream=lambda g, input, target: squared_error_backward(g, input, target),
    input=lambda g, upstream: g * upstream * 2,
    target=lambda g, upstream: g * upstream * -2,
)
squared_error.gradient(
    input=lambda g, input, other: squared_error_backward(g, input, other),
    other=lambda g, input, other: squared_error_backward(g, other, input),
)
squared_error.fast(cpu=fast.squared_error)
squared_error_backward.fast(cpu=fast.squared_error_backward)


def mse_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """(input - target)² (torch.nn.functional.mse_loss)."""
    return _weighted_mean(squared_error(input, target), input, weight, reduction)


def l1_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """|input - target| (torch.nn.functional.l1_loss)."""
    return _weighted_mean((input - target).abs(), input, weight, reduction)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """d²/2β below β and |d| - β/2 above it, d = input - target (torch.nn.functional.smooth_l1_loss)."""
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta, got {beta}.")
    if beta == 0:
        return l1_loss(input, target, reduction)
    difference = input - target
    distance = difference.abs()
    losses = where(distance < beta, difference * difference * (0.5 / beta), distance - 0.5 * beta)
    return reduced(losses, reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """d²/2 below δ and δ(|d| - δ/2) above it, d = input - target (torch.nn.functional.huber_loss)."""
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta, got {delta}.")
    difference = input - target
    distance = difference.abs()
    losses = where(distance <= delta, 0.5 * difference * difference, delta * (distance - 0.5 * delta))
    if weight is not None:
        _check_weight(weight, input)
    return reduced(_weighted(losses, weight), reduction)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """Σ t (log t - input) for log-probabilities; `batchmean` divides by the batch (torch.nn.functional.kl_div)."""
    losses = (
        target.exp() * (target - input)
        if log_target
        else target * where(target == 0, 1.0, target).log() - target * input
    )
    if reduction == "batchmean":
        return losses.sum() / input.shape[0] if input.ndim else losses.sum()
    return reduced(losses, reduction)


def _same_shape(input: Spec, target: Spec) -> Spec:
    if input.shape != target.shape:
        raise ValueError(f"Target size {list(target.shape)} must be the same as input size {list(input.shape)}")
    return input


def _refuse_other_types(name: str, compute: dtype | None, input: dtype, target: dtype) -> None:
    refuse_whole(name, input)
    if target is not input:
        raise RuntimeError(f"{name}: found target of dtype {target} but expected {input}; convert it with .to(dtype)")


LOWEST_LOGARITHM = -100
SMALLEST_SLOPE = 1e-12


@op(shape=_same_shape, types="keep")
def bernoulli_cross_entropy(input: Array, target: Array) -> Any:
    """-(t log p + (1 - t) log(1 - p)) of each element, no logarithm below -100; p outside 0..1 raises."""
    _same_shape(input, target)
    p, t, namespace = widened(input), widened(target), xp(input)
    if namespace.__name__ == "numpy" and not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("all elements of input should be between 0 and 1")
    hit = namespace.maximum(namespace.log(p), LOWEST_LOGARITHM)
    miss = namespace.maximum(namespace.log1p(-p), LOWEST_LOGARITHM)
    return narrowed((t - 1) * miss - t * hit, input)


bernoulli_cross_entropy.refuse(_refuse_other_types)
bernoulli_cross_entropy.gradient(
    input=lambda g, input, target: g * (input - target) / ((1 - input) * input).clamp(min=SMALLEST_SLOPE),
    target=lambda g, input: (
        g * ((-input).log1p().clamp(min=LOWEST_LOGARITHM) - input.log().clamp(min=LOWEST_LOGARITHM))
    ),
)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """-w (t log p + (1 - t) log(1 - p)) for probabilities p (torch.nn.functional.binary_cross_entropy)."""
    return reduced(_weighted(bernoulli_cross_entropy(input, target), weight), reduction)


@op(shape=_same_shape)
def logistic_cross_entropy(input: Array, target: Array) -> Any:
    """-(t log σ(x) + (1 - t) log(1 - σ(x))) of each element, as max(x, 0) - x t + log(1 + exp(-|x|))."""
    _same_shape(input, target)
    x, t, namespace = widened(input), widened(target), xp(input)
    losses = namespace.log1p(namespace.exp(-abs(x)))
    losses += namespace.maximum(x, 0)
    losses -= x * t
    return narrowed(losses, input)


logistic_cross_entropy.refuse(refuse_whole)


@op(shape=lambda upstream, input, target: input)
def logistic_cross_entropy_backward(upstream: Array, input: Array, target: Array) -> Any:
    """The gradient of logistic_cross_entropy for the logits: upstream * (σ(x) - t)."""
    g, x, t = widened(upstream), widened(input), widened(target)
    return narrowed(g * (1 / (1 + xp(input).exp(-x)) - t), input)


logistic_cross_entropy_backward.gradient_from(lambda g, x, t: g * (sigmoid(x) - t))
logistic_cross_entropy.gradient(
    input=lambda g, input, target: logistic_cross_entropy_backward(g, input, target),
    target=lambda g, input: -g * input,
)
logistic_cross_entropy.fast(cpu=fast.logistic_cross_entropy)
logistic_cross_entropy_backward.fast(cpu=fast.logistic_cross_entropy_backward)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """-w (p_w t log σ(x) + (1 - t) log(1 - σ(x))), stable for any x.

    As torch.nn.functional.binary_cross_entropy_with_logits, p_w being `pos_weight`.
    """
    if input.shape != target.shape:
        raise ValueError(f"Target size {list(target.shape)} must be the same as input size {list(input.shape)}")
    if pos_weight is None:
        return reduced(_weighted(logistic_cross_entropy(input, target), weight), reduction)
    broadcast_shapes(pos_weight.shape, input.shape)
    factor = (pos_weight - 1) * target + 1
    return reduced(_weighted((1 - target) * input - factor * logsigmoid(input), weight), reduction)
