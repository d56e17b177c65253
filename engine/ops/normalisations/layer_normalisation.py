"""Layer normalisation: the last dimensions of each example brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.kernels.cpu import layer_normalisation as cpu
from engine.ops.normalisations.normalisation import (
    NormGradients,
    Shape,
    gradients_in_ops,
    moments,
    refuse_mixed,
    scaled,
    statistics_spec,
)
from engine.ops.precision import narrowed, widened


def layer_axes(rank: int, normalized_shape: Shape) -> tuple[Shape, Shape]:
    """The dimensions that are normalised, and those before them."""
    first = rank - len(normalized_shape)
    return tuple(range(first, rank)), tuple(range(first))


def check_layer(input: Any, normalized_shape: Shape, weight: Any, bias: Any = None) -> None:
    """Raise RuntimeError where the shapes of input, weight and bias do not end in, or are not, `normalized_shape`."""
    expected = tuple(normalized_shape)
    if not expected:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, "
            f"but got normalized_shape = {list(expected)}"
        )
    if input.shape[-len(expected) :] != expected:
        raise RuntimeError(
            f"Given normalized_shape={list(expected)}, expected input with shape [*, {', '.join(map(str, expected))}], "
            f"but got input of size{list(input.shape)}"
        )
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and each.shape != expected:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape {list(each.shape)} "
                f"and normalized_shape = {list(expected)}"
            )


def _layer_shape(
    input: Spec, normalized_shape: Shape, weight: Spec | None, bias: Spec | None, eps: float
) -> tuple[Spec, Spec, Spec]:
    check_layer(input, normalized_shape, weight, bias)
    rank = len(normalized_shape)
    kept = statistics_spec(input, (*input.shape[: input.ndim - rank], *(1,) * rank))
    return input, kept, kept


@op(shape=_layer_shape, types="keep", saved=("mean", "rstd"))
def layer_norm(
    input: Array, normalized_shape: Shape, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> Any:
    """(x - mean) / √(var + eps) · weight + bias over the last dimensions (torch.nn.functional.layer_norm)."""
    check_layer(input, normalized_shape, weight, bias)
    axes, _ = layer_axes(input.ndim, normalized_shape)
    values = widened(input)
    mean, _, rstd = moments(values, axes, eps)
    normal = values - mean
    normal *= rstd
    return narrowed(scaled(normal, weight, bias, tuple(normalized_shape)), input), mean, rstd


def _layer_gradient_shape(upstream: Spec, input: Spec, normalized_shape: Shape, *rest: Any) -> tuple[Spec, Spec, Spec]:
    scale = Spec(tuple(normalized_shape), input.dtype)
    return input, scale, scale


@op(shape=_layer_gradient_shape, types="keep")
def layer_norm_backward(
    upstream: Array, input: Array, normalized_shape: Shape, weight: Array | None, mean: Array, rstd: Array, eps: float
) -> NormGradients:
    """The gradients of layer_norm for input, weight and bias."""
    axes, others = layer_axes(input.ndim, normalized_shape)
    g = widened(upstream)
    normal = (widened(input) - mean) * rstd
    bias_gradient, weight_gradient = g.sum(axis=others), (g * normal).sum(axis=others)
    slope = g if weight is None else g * widened(weight)
    through = slope - slope.mean(axis=axes, keepdims=True) - normal * (slope * normal).mean(axis=axes, keepdims=True)
    through *= rstd
    return NormGradients(*(narrowed(each, input) for each in (through, weight_gradient, bias_gradient)))


def _layer_gradients_in_ops(
    upstream: Any, input: Any, normalized_shape: Shape, weight: Any, mean: Any, rstd: Any, eps: float
) -> NormGradients:
    """The same gradients in ops, for derivatives of them."""
    axes, others = layer_axes(input.ndim, normalized_shape)
    return gradients_in_ops(upstream, input, weight, axes, others, eps, tuple(normalized_shape))


layer_norm_backward.gradient_from(_layer_gradients_in_ops)
layer_norm_backward.fast(cpu=cpu.layer_norm_backward)


@layer_norm.gradients
def _layer_norm_gradients(
    g: Any, input: Any, normalized_shape: Shape, weight: Any, mean: Any, rstd: Any, eps: float
) -> tuple[Any, Any, Any]:
    return tuple(layer_norm_backward(g, input, normalized_shape, weight, mean, rstd, eps))


layer_norm.refuse(refuse_mixed)
layer_norm.fast(cpu=cpu.layer_norm)
