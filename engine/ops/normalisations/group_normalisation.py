"""Group normalisation: groups of channels of each example brought to mean 0 and variance 1."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.kernels.cpu import group_normalisation as cpu
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

# A batch is seen as [examples, groups, channels of a group, places]; one group's channels and places are normalised.
GROUP, OTHERS = (2, 3), (0, 3)


def _grouped(shape: Shape, num_groups: int) -> Shape:
    return shape[0], num_groups, shape[1] // num_groups, math.prod(shape[2:])


def _by_channel(num_groups: int, channels: int) -> Shape:
    return 1, num_groups, channels // num_groups, 1


def _check_groups(input: Any, num_groups: int, weight: Any, bias: Any) -> None:
    shape = list(input.shape)
    if input.ndim < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.ndim}: group_norm of shape {shape}"
        )
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, "
            f"but got input of shape {shape} and num_groups={num_groups}"
        )
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and each.shape != (shape[1],):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(each.shape)} and input of shape {shape}"
            )


def _group_shape(
    input: Spec, num_groups: int, weight: Spec | None, bias: Spec | None, eps: float
) -> tuple[Spec, Spec, Spec]:
    _check_groups(input, num_groups, weight, bias)
    kept = statistics_spec(input, (input.shape[0], num_groups, 1, 1))
    return input, kept, kept


@op(shape=_group_shape, types="keep", saved=("mean", "rstd"))
def group_norm(
    input: Array, num_groups: int, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> Any:
    """(x - mean) / √(var + eps) · weight + bias over each group of channels of each example (torch.group_norm)."""
    _check_groups(input, num_groups, weight, bias)
    values = widened(input).reshape(_grouped(input.shape, num_groups))
    mean, _, rstd = moments(values, GROUP, eps)
    normal = values - mean
    normal *= rstd
    normal = scaled(normal, weight, bias, _by_channel(num_groups, input.shape[1]))
    return narrowed(normal, input).reshape(input.shape), mean, rstd


group_norm.refuse(refuse_mixed)
group_norm.fast(cpu=cpu.group_norm)


def _group_gradient_shape(upstream: Spec, input: Spec, *rest: Any) -> tuple[Spec, Spec, Spec]:
    channels = Spec((input.shape[1],), input.dtype)
    return input, channels, channels


@op(shape=_group_gradient_shape, types="keep")
def group_norm_backward(
    upstream: Array, input: Array, num_groups: int, weight: Array | None, mean: Array, rstd: Array, eps: float
) -> NormGradients:
    """The gradients of group_norm for input, weight and bias."""
    shape = _grouped(input.shape, num_groups)
    g = widened(upstream).reshape(shape)
    normal = (widened(input).reshape(shape) - mean) * rstd
    bias_gradient, weight_gradient = g.sum(axis=OTHERS), (g * normal).sum(axis=OTHERS)
    slope = g if weight is None else g * widened(weight).reshape(_by_channel(num_groups, input.shape[1]))
    through = slope - slope.mean(axis=GROUP, keepdims=True)
    through -= normal * (slope * normal).mean(axis=GROUP, keepdims=True)
    through *= rstd
    gradients = through.reshape(input.shape), weight_gradient.reshape(-1), bias_gradient.reshape(-1)
    return NormGradients(*(narrowed(each, input) for each in gradients))


def _group_gradients_in_ops(
    upstream: Any, input: Any, num_groups: int, weight: Any, mean: Any, rstd: Any, eps: float
) -> NormGradients:
    """The same gradients in ops, for derivatives of them."""
    shape, channels = _grouped(input.shape, num_groups), input.shape[1]
    scale = None if weight is None else weight.reshape(_by_channel(num_groups, channels))
    through, *others = gradients_in_ops(
        upstream.reshape(shape), input.reshape(shape), scale, GROUP, OTHERS, eps, (channels,)
    )
    return NormGradients(through.reshape(input.shape), *others)


group_norm_backward.gradient_from(_group_gradients_in_ops)
group_norm_backward.fast(cpu=cpu.group_norm_backward)


@group_norm.gradients
def _group_norm_gradients(
    g: Any, input: Any, num_groups: int, weight: Any, mean: Any, rstd: Any, eps: float
) -> tuple[Any, Any, Any]:
    return tuple(group_norm_backward(g, input, num_groups, weight, mean, rstd, eps))
