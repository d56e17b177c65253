"""Cross entropy of logits against class numbers, fused: the softmax is made anew in the backward, not kept."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype, float16, float32, int64, uint8
from engine.backend.namespace import xp
from engine.kernels.cpu import cross_entropy as fast
from engine.ops.elementwise.selection import masked
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole

REDUCTIONS = ("none", "mean", "sum")


def check_reduction(reduction: str) -> None:
    """Raise ValueError for what is no way to reduce a loss."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction; it is one of {', '.join(REDUCTIONS)}")


def check_smoothing(label_smoothing: float) -> None:
    """Raise RuntimeError for what is no share of the target."""
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")


def class_dim(input: Any) -> int:
    """The dimension of the classes: the second, or the only one."""
    return 1 if input.ndim > 1 else 0


def check_target_shape(input: Any, target: Any, weight: Any) -> None:
    """Raise PyTorch's errors for class numbers and class weights whose shape does not fit the input's."""
    shape, expected = input.shape, (*input.shape[:1], *input.shape[2:])
    if not shape:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if len(shape) == 1:
        expected = ()
    if len(shape) > 1 and target.shape[:1] != shape[:1]:
        given = target.shape[0] if target.ndim else "none"
        raise ValueError(
            f"Expected input batch_size ({shape[0]}) to match target batch_size ({given}): "
            f"shapes {list(shape)} and {list(target.shape)}."
        )
    if target.shape != expected:
        raise RuntimeError(f"Expected target size {list(expected)}, got {list(target.shape)} for input {list(shape)}")
    classes = shape[class_dim(input)]
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )


def check_classes(target: Any, classes: int, ignore_index: int) -> None:
    """Raise IndexError for the first class number that is out of range; on a GPU nobody waits to look."""
    if target.__class__.__module__ != "numpy":
        return
    wrong = (target != ignore_index) & ((target < 0) | (target >= classes))
    if wrong.any():
        raise fast.out_of_range(target[wrong].flat[0], classes)


def refuse_types(name: str, compute: dtype | None, input: dtype, target: dtype, *weights: dtype | None) -> None:
    """Raise for whole-number logits, targets that are no class numbers, weights of another type than the logits."""
    refuse_whole(name, input)
    if target not in (int64, uint8):
        raise RuntimeError(
            f"expected target dtype to be {int64} or {uint8}, but got {target}; convert it with .to(dtype)"
        )
    for weight in weights:
        if weight not in (None, input):
            raise RuntimeError(
                f"expected class weights of dtype {input} but found {weight}; convert them with .to(dtype)"
            )


def _check(input: Any, target: Any, weight: Any, reduction: str, label_smoothing: float) -> None:
    check_reduction(reduction)
    check_smoothing(label_smoothing)
    check_target_shape(input, target, weight)


def _loss_shape(
    input: Spec, target: Spec, weight: Spec | None, ignore_index: int, reduction: str, label_smoothing: float
) -> tuple[Spec, Spec, Spec]:
    _check(input, target, weight, reduction, label_smoothing)
    kept = list(input.shape)
    kept[class_dim(input)] = 1
    normaliser = Spec(tuple(kept), float32 if input.dtype is float16 else input.dtype)
    return Spec(target.shape if reduction == "none" else (), input.dtype), normaliser, normaliser


def _spread_over(weight: Any, input: Any) -> Any:
    """The weights of the classes along their dimension."""
    return widened(weight).reshape(-1, *(1,) * (input.ndim - 1 - class_dim(input)))


def _targets(target: Any, weight: Any, ignore_index: int, values: Any) -> tuple[Any, Any, Any]:
    """Class numbers along the class dimension, 0 for ignored ones; which are known; the weights of the examples."""
    numbers = xp(values).expand_dims(target.astype("int64", copy=False), class_dim(values))
    known = numbers != ignore_index
    numbers = xp(values).where(known, numbers, 0)
    own = known.astype(values.dtype)
    return numbers, known, own if weight is None else own * widened(weight)[numbers]


@op(shape=_loss_shape, types="keep", saved=("highest", "total"))
def class_cross_entropy(
    input: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-w_t log p_t for the class t and p = softmax(input); ε of it becomes -1/K Σ w_k log p_k; the mean is weighted.

    As torch.nn.functional.cross_entropy. Raises IndexError for classes out of range, ValueError or RuntimeError for
    shapes that do not fit.
    """
    _check(input, target, weight, reduction, label_smoothing)
    axis, namespace = class_dim(input), xp(input)
    values, classes = widened(input), input.shape[axis]
    check_classes(target, classes, ignore_index)
    numbers, known, own = _targets(target, weight, ignore_index, values)
    highest = values.max(axis=axis, keepdims=True)
    shifted = values - highest
    total = namespace.exp(shifted).sum(axis=axis, keepdims=True)
    log_total = namespace.log(total)
    losses = namespace.where(known, (log_total - namespace.take_along_axis(shifted, numbers, axis)) * own, 0)
    if label_smoothing:
        logarithms = log_total - shifted
        all_classes = logarithms if weight is None else logarithms * _spread_over(weight, values)
        smooth = namespace.where(known, all_classes.sum(axis=axis, keepdims=True), 0)
        losses = (1 - label_smoothing) * losses + label_smoothing / classes * smooth
    if reduction == "none":
        loss = losses.reshape(target.shape)
    else:
        loss = losses.sum() / own.sum() if reduction == "mean" else losses.sum()
    return narrowed(loss, input), highest, total


class_cross_entropy.refuse(refuse_types)
class_cross_entropy.fast(cpu=fast.class_cross_entropy)


@op(shape=lambda upstream, input, *rest: input, types="keep")
def cross_entropy_backward(
    upstream: Array,
    input: Array,
    target: Array,
    weight: Array | None,
    highest: Array,
    total: Array,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Any:
    """The gradient of class_cross_entropy for the logits: p Σ_k q_k - q, q being the weighted smoothed target."""
    axis, namespace = class_dim(input), xp(input)
    values, classes = widened(input), input.shape[axis]
    numbers, known, own = _targets(target, weight, ignore_index, values)
    scale = widened(upstream)
    scale = namespace.expand_dims(scale, axis) if reduction == "none" else scale
    scale = scale / own.sum() if reduction == "mean" else scale
    own = (1 - label_smoothing) * own
    weights_of_all = classes if weight is None else widened(weight).sum()
    gradient = namespace.exp(values - highest)
    gradient *= (own + label_smoothing / classes * weights_of_all) / total
    if label_smoothing:
        gradient -= label_smoothing / classes * (1 if weight is None else _spread_over(weight, values))
    at_target = namespace.take_along_axis(gradient, numbers, axis)
    namespace.put_along_axis(gradient, numbers, at_target - own, axis)
    gradient *= namespace.where(known, scale, 0)
    return narrowed(gradient, input)


def _gradient_by_softmax(
    upstream: Any,
    input: Any,
    target: Any,
    weight: Any,
    highest: Any,
    total: Any,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Any:
    """The same gradient in ops, for derivatives of it."""
    axis, classes = class_dim(input), input.shape[class_dim(input)]
    known = (target != ignore_index).unsqueeze(axis)
    numbers = target.to(int64).unsqueeze(axis).masked_fill(~known, 0)
    weights = input.new_ones((classes,)) if weight is None else weight
    own = weights[numbers] * known
    smooth = label_smoothing / classes * weights.reshape(-1, *(1,) * (input.ndim - 1 - axis)) * known
    wanted = smooth.expand(input.shape).scatter_add(axis, numbers, (1 - label_smoothing) * own)
    scale = upstream.unsqueeze(axis) if reduction == "none" else upstream
    scale = scale / own.sum() if reduction == "mean" else scale
    return masked(scale * (wanted.sum(axis, True) * input.softmax(axis) - wanted), known)


cross_entropy_backward.gradient_from(_gradient_by_softmax)
cross_entropy_backward.fast(cpu=fast.cross_entropy_backward)


def _gradient_of_logits(
    g: Any,
    input: Any,
    target: Any,
    weight: Any,
    highest: Any,
    total: Any,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Any:
    return cross_entropy_backward(g, input, target, weight, highest, total, ignore_index, reduction, label_smoothing)


class_cross_entropy.gradient(input=_gradient_of_logits)
