"""What normalisations share: moments, scale and shift, and their gradients written in ops."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.spec import Spec
from engine.backend.dtype import dtype, float16, float32
from engine.backend.namespace import xp
from engine.ops.precision import widened
from engine.ops.refusals import refuse_whole

Shape = tuple[int, ...]


class NormGradients(NamedTuple):
    """The gradients of a normalisation."""

    input: Any
    weight: Any
    bias: Any


def refuse_mixed(name: str, compute: dtype | None, input: dtype, *others: dtype | None) -> None:
    """Raise for whole numbers, and for weights or biases of another type than the input's."""
    refuse_whole(name, input)
    for each in others:
        if each not in (None, input):
            raise RuntimeError(
                f"{name}: expected weight and bias of dtype {input}, but found {each}; convert them with .to(dtype)"
            )


def moments(values: Any, axes: Shape, eps: float) -> tuple[Any, Any, Any]:
    """Mean, biased variance and 1/√(variance + eps) over the axes, which are kept."""
    mean = values.mean(axis=axes, keepdims=True)
    deviation = values - mean
    var = (deviation * deviation).mean(axis=axes, keepdims=True)
    return mean, var, 1 / xp(values).sqrt(var + eps)


def scaled(normal: Any, weight: Any, bias: Any, shape: Shape) -> Any:
    """Multiply by the weight and add the bias, both in `shape`, in place."""
    if weight is not None:
        normal *= widened(weight).reshape(shape)
    if bias is not None:
        normal += widened(bias).reshape(shape)
    return normal


def statistics_spec(input: Spec, shape: Shape) -> Spec:
    """Statistics in `shape`: those of float16 are float32."""
    return Spec(shape, float32 if input.dtype is float16 else input.dtype)


def gradients_in_ops(
    upstream: Any, input: Any, scale: Any, axes: Shape, others: Shape, eps: float, shape: Shape
) -> NormGradients:
    """The gradients of normalising over `axes`, with weight and bias summed over `others`, in ops."""
    deviation = input - input.mean(axes, True)
    rstd = ((deviation * deviation).mean(axes, True) + eps).rsqrt()
    normal = deviation * rstd
    g = upstream if scale is None else upstream * scale
    through = rstd * (g - g.mean(axes, True) - normal * (g * normal).mean(axes, True))
    weight_gradient, bias_gradient = upstream * normal, upstream
    if others:
        weight_gradient, bias_gradient = weight_gradient.sum(others), bias_gradient.sum(others)
    return NormGradients(through, weight_gradient.reshape(shape), bias_gradient.reshape(shape))
