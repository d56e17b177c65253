"""Root mean square normalisation: the last dimensions of each example brought to mean square 1."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.kernels.cpu import root_mean_square as cpu
from engine.ops.normalisations.layer_normalisation import check_layer, layer_axes
from engine.ops.normalisations.normalisation import Shape, refuse_mixed, scaled, statistics_spec
from engine.ops.precision import narrowed, widened


class RootMeanSquareGradients(NamedTuple):
    """The gradients of a root mean square normalisation."""

    input: Any
    weight: Any


def _rms_shape(input: Spec, normalized_shape: Shape, weight: Spec | None, eps: float | None) -> tuple[Spec, Spec]:
    check_layer(input, normalized_shape, weight)
    rank = len(normalized_shape)
    return input, statistics_spec(input, (*input.shape[: input.ndim - rank], *(1,) * rank))


def _reciprocal_root(values: Any, axes: Shape, eps: float | None) -> Any:
    """1 / √(mean of squares + eps), by default with the smallest step from 1 in the type that is computed in."""
    smallest = float(np.finfo(values.dtype).eps) if eps is None else eps
    return 1 / xp(values).sqrt((values * values).mean(axis=axes, keepdims=True) + smallest)


@op(shape=_rms_shape, types="keep", saved=("rrms",))
def rms_norm(input: Array, normalized_shape: Shape, weight: Array | None = None, eps: float | None = None) -> Any:
    """`x / √(mean(x²) + eps) · weight` over the last dimensions (torch.nn.functional.rms_norm)."""
    check_layer(input, normalized_shape, weight)
    axes, _ = layer_axes(input.ndim, normalized_shape)
    values = widened(input)
    rrms = _reciprocal_root(values, axes, eps)
    return narrowed(scaled(values * rrms, weight, None, tuple(normalized_shape)), input), rrms


@op(shape=lambda upstream, input, shape, *rest: (input, Spec(tuple(shape), input.dtype)), types="keep")
def rms_norm_backward(
    upstream: Array, input: Array, normalized_shape: Shape, weight: Array | None, rrms: Array, eps: float | None
) -> RootMeanSquareGradients:
    """The gradients of rms_norm for input and weight."""
    axes, others = layer_axes(input.ndim, normalized_shape)
    g = widened(upstream)
    normal = widened(input) * rrms
    weight_gradient = (g * normal).sum(axis=others)
    slope = g if weight is None else g * widened(weight)
    through = slope - normal * (slope * normal).mean(axis=axes, keepdims=True)
    through *= rrms
    return RootMeanSquareGradients(narrowed(through, input), narrowed(weight_gradient, input))


def _rms_gradients_in_ops(
    upstream: Any, input: Any, normalized_shape: Shape, weight: Any, rrms: Any, eps: float | None
) -> RootMeanSquareGradients:
    """The same gradients in ops, for derivatives of them."""
    axes, others = layer_axes(input.ndim, normalized_shape)
    smallest = float(np.finfo(rrms.dtype.numpy).eps) if eps is None else eps
    rrms = ((input * input).mean(axes, True) + smallest).rsqrt()
    normal = input * rrms
    slope = upstream if weight is None else upstream * weight
    through = rrms * (slope - normal * (slope * normal).mean(axes, True))
    weight_gradient = upstream * normal
    return RootMeanSquareGradients(through, weight_gradient.sum(others) if others else weight_gradient)


rms_norm_backward.gradient_from(_rms_gradients_in_ops)
rms_norm_backward.fast(cpu=cpu.rms_norm_backward)


@rms_norm.gradients
def _rms_norm_gradients(
    g: Any, input: Any, normalized_shape: Shape, weight: Any, rrms: Any, eps: float | None
) -> tuple[Any, Any]:
    return tuple(rms_norm_backward(g, input, normalized_shape, weight, rrms, eps))


rms_norm.refuse(refuse_mixed)
rms_norm.fast(cpu=cpu.rms_norm)
