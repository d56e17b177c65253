"""Cross entropy of a linear layer's scores, a chunk of the batch at a time: never are all scores in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype
from engine.backend.namespace import xp
from engine.ops.linear_algebra.matmul import linear, matmul, product_shape
from engine.ops.losses.cross_entropy import (
    check_reduction,
    check_target_shape,
    class_cross_entropy,
    cross_entropy_backward,
    refuse_types,
)
from engine.ops.precision import narrowed, widened


class LinearCrossEntropyGradients(NamedTuple):
    """The gradients of the cross entropy of a linear layer's scores."""

    input: Any
    linear_weight: Any
    linear_bias: Any


def _check(input: Any, linear_weight: Any, target: Any, weight: Any, reduction: str) -> None:
    check_reduction(reduction)
    product_shape(input.shape, linear_weight.shape[::-1])
    check_target_shape(Spec((input.shape[0], linear_weight.shape[0]), input.dtype), target, weight)


def _loss_shape(
    input: Spec,
    linear_weight: Spec,
    target: Spec,
    linear_bias: Spec | None,
    weight: Spec | None,
    ignore_index: int,
    reduction: str,
    chunk: int,
) -> Spec:
    _check(input, linear_weight, target, weight, reduction)
    return Spec(target.shape if reduction == "none" else (), input.dtype)


def _chunks(length: int, chunk: int) -> Iterator[slice]:
    return (slice(start, start + chunk) for start in range(0, length, chunk))


def _scores(input: Any, linear_weight: Any, linear_bias: Any) -> Any:
    products = widened(input) @ widened(linear_weight).T
    return products if linear_bias is None else products + widened(linear_bias)


def _weight_of_all(target: Any, weight: Any, ignore_index: int, input: Any) -> Any:
    known = target != ignore_index
    own = known.astype(widened(input[:0]).dtype)
    return (own if weight is None else own * widened(weight)[xp(target).where(known, target, 0)]).sum()


@op(shape=_loss_shape, types="keep")
def chunked_linear_cross_entropy(
    input: Array,
    linear_weight: Array,
    target: Array,
    linear_bias: Array | None,
    weight: Array | None,
    ignore_index: int,
    reduction: str,
    chunk: int,
) -> Any:
    """The cross entropy of the scores `input linear_weightᵀ + linear_bias`, made for `chunk` examples at a time.

    The input is [N, in], the linear weight [C, in], the target [N] class numbers; the mean is weighted by class.
    """
    _check(input, linear_weight, target, weight, reduction)
    losses = xp(input).empty(target.shape, widened(input[:0]).dtype)
    for part in _chunks(len(input), chunk):
        scores = _scores(input[part], linear_weight, linear_bias)
        losses[part], *_ = class_cross_entropy.reference(scores, target[part], weight, ignore_index, "none")
    if reduction == "none":
        return narrowed(losses, input)
    total = losses.sum()
    if reduction == "mean":
        total = total / _weight_of_all(target, weight, ignore_index, input)
    return narrowed(total, input)


def _refuse_types(
    name: str, compute: dtype | None, input: dtype, linear: dtype, target: dtype, *weights: dtype | None
) -> None:
    refuse_types(name, compute, input, target, linear, *weights)


chunked_linear_cross_entropy.refuse(_refuse_types)


def _gradient_shapes(upstream: Spec, input: Spec, linear_weight: Spec, *rest: Any) -> tuple[Spec, Spec, Spec]:
    return input, linear_weight, Spec(linear_weight.shape[:1], input.dtype)


@op(shape=_gradient_shapes, types="keep")
def chunked_linear_cross_entropy_backward(
    upstream: Array,
    input: Array,
    linear_weight: Array,
    target: Array,
    linear_bias: Array | None,
    weight: Array | None,
    ignore_index: int,
    reduction: str,
    chunk: int,
) -> LinearCrossEntropyGradients:
    """The gradients of chunked_linear_cross_entropy for the input and the linear layer; scores are made anew."""
    space, values, factors = xp(input), widened(input), widened(linear_weight)
    to_input = space.empty_like(values)
    to_weight, to_bias = space.zeros_like(factors), space.zeros(factors.shape[:1], factors.dtype)
    each = "none" if reduction == "none" else "sum"
    if reduction == "mean":
        upstream = upstream / _weight_of_all(target, weight, ignore_index, input)
    for part in _chunks(len(input), chunk):
        scores = _scores(input[part], linear_weight, linear_bias)
        _, highest, total = class_cross_entropy.reference(scores, target[part], weight, ignore_index, each)
        g = upstream[part] if reduction == "none" else upstream
        g = cross_entropy_backward.reference(
            widened(g), scores, target[part], weight, highest, total, ignore_index, each, 0.0
        )
        to_input[part] = g @ factors
        to_weight += g.T @ values[part]
        to_bias += g.sum(axis=0)
    return LinearCrossEntropyGradients(*(narrowed(gradient, input) for gradient in (to_input, to_weight, to_bias)))


def _gradients_in_ops(
    upstream: Any,
    input: Any,
    linear_weight: Any,
    target: Any,
    linear_bias: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    chunk: int,
) -> LinearCrossEntropyGradients:
    """The same gradients in ops, for derivatives of them: here all scores are in memory."""
    scores = linear(input, linear_weight, linear_bias)
    highest = scores.detach().amax(1, True)
    total = (scores - highest).exp().sum(1, True)
    g = cross_entropy_backward(upstream, scores, target, weight, highest, total, ignore_index, reduction, 0.0)
    return LinearCrossEntropyGradients(matmul(g, linear_weight), matmul(g.mT, input), g.sum(0))


chunked_linear_cross_entropy_backward.gradient_from(_gradients_in_ops)


@chunked_linear_cross_entropy.gradients
def _gradients(
    g: Any,
    input: Any,
    linear_weight: Any,
    target: Any,
    linear_bias: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    chunk: int,
) -> tuple[Any, ...]:
    to_input, to_weight, to_bias = chunked_linear_cross_entropy_backward(
        g, input, linear_weight, target, linear_bias, weight, ignore_index, reduction, chunk
    )
    return to_input, to_weight, None, to_bias if linear_bias is not None else None, None
