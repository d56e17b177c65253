"""Batch normalisation: the channels of a batch brought to mean 0 and variance 1."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from engine.autograd.modes import no_grad
from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.kernels.cpu import batch_normalisation as cpu
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


class BatchNormalised(NamedTuple):
    """What a batch became, and its own statistics: mean and biased variance of each channel."""

    output: Any
    mean: Any
    var: Any


def _batch_axes(rank: int) -> Shape:
    return (0, *range(2, rank))


def _channel_shape(rank: int) -> Shape:
    return (1, -1, *(1,) * (rank - 2))


def check_channels(input: Any, **sized: Any) -> None:
    """Raise RuntimeError for an input without channels, and for what is not one number for each of them."""
    if input.ndim < 2:
        raise RuntimeError(
            f"batch_norm: expected an input of at least 2 dimensions [N, C, ...], got shape {list(input.shape)}"
        )
    for name, each in sized.items():
        if each is not None and each.shape != (input.shape[1],):
            raise RuntimeError(f"{name} should contain {input.shape[1]} elements not {math.prod(each.shape)}")


def _check_batch(input: Any, weight: Any, bias: Any) -> None:
    check_channels(input, weight=weight, bias=bias)
    if input.size == input.shape[1] and input.size:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(input.shape)}")


def _batch_shape(input: Spec, weight: Spec | None, bias: Spec | None, eps: float) -> tuple[Spec, ...]:
    _check_batch(input, weight, bias)
    channels = statistics_spec(input, (input.shape[1],))
    return input, channels, channels, channels


@op(shape=_batch_shape, types="keep", saved=("rstd",), nondifferentiable=("mean", "var"))
def batch_norm_training(input: Array, weight: Array | None, bias: Array | None, eps: float) -> BatchNormalised:
    """(x - mean) / √(var + eps) · weight + bias with the statistics of the batch, which are returned beside it."""
    _check_batch(input, weight, bias)
    values, shape = widened(input), _channel_shape(input.ndim)
    mean, var, rstd = moments(values, _batch_axes(input.ndim), eps)
    normal = values - mean
    normal *= rstd
    output = narrowed(scaled(normal, weight, bias, shape), input)
    return output, mean.reshape(-1), var.reshape(-1), rstd.reshape(-1)  # type: ignore[return-value]


def _batch_gradient_shape(upstream: Spec, input: Spec, *rest: Any) -> tuple[Spec, Spec, Spec]:
    channels = Spec((input.shape[1],), input.dtype)
    return input, channels, channels


@op(shape=_batch_gradient_shape, types="keep")
def batch_norm_backward(
    upstream: Array, input: Array, weight: Array | None, mean: Array, rstd: Array, eps: float
) -> NormGradients:
    """The gradients of batch_norm_training for input, weight and bias."""
    axes, shape = _batch_axes(input.ndim), _channel_shape(input.ndim)
    g, rstd = widened(upstream), rstd.reshape(shape)
    normal = (widened(input) - mean.reshape(shape)) * rstd
    count = input.size // input.shape[1]
    bias_gradient, weight_gradient = g.sum(axis=axes), (g * normal).sum(axis=axes)
    normal *= -weight_gradient.reshape(shape) / count
    normal += g
    normal -= bias_gradient.reshape(shape) / count
    normal *= rstd if weight is None else rstd * widened(weight).reshape(shape)
    return NormGradients(*(narrowed(each, input) for each in (normal, weight_gradient, bias_gradient)))


def _batch_gradients_in_ops(upstream: Any, input: Any, weight: Any, mean: Any, rstd: Any, eps: float) -> NormGradients:
    """The same gradients in ops, for derivatives of them."""
    axes, shape = _batch_axes(input.ndim), _channel_shape(input.ndim)
    scale = None if weight is None else weight.reshape(shape)
    return gradients_in_ops(upstream, input, scale, axes, axes, eps, (input.shape[1],))


batch_norm_backward.gradient_from(_batch_gradients_in_ops)
batch_norm_backward.fast(cpu=cpu.batch_norm_backward)


@batch_norm_training.gradients
def _batch_norm_gradients(
    g_output: Any, input: Any, weight: Any, mean: Any, rstd: Any, eps: float
) -> tuple[Any, Any, Any]:
    return tuple(batch_norm_backward(g_output, input, weight, mean, rstd, eps))


batch_norm_training.refuse(refuse_mixed)
batch_norm_training.fast(cpu=cpu.batch_norm)


@op(shape=lambda input, *constants: input)
def channel_affine(input: Array, mean: Array | None, scale: Array, shift: Array | None) -> Any:
    """(x - mean) · scale + shift with one of each for every channel of [N, C, ...]; no mean and no shift are 0."""
    values, shape = widened(input), _channel_shape(input.ndim)
    centered = values if mean is None else values - widened(mean).reshape(shape)
    return narrowed(scaled(centered * widened(scale).reshape(shape), None, shift, shape), input)


def _along(g: Any, input: Any, mean: Any) -> Any:
    """The sums of g · (x - mean) by channel."""
    centered = input if mean is None else input - mean.reshape(_channel_shape(input.ndim))
    return (g * centered).sum(_batch_axes(input.ndim))


channel_affine.gradient(
    input=lambda g, scale: channel_affine(g, None, scale, None),
    mean=lambda g, scale: -g.sum(_batch_axes(g.ndim)) * scale,
    scale=_along,
    shift=lambda g: g.sum(_batch_axes(g.ndim)),
)
channel_affine.fast(cpu=cpu.channel_affine)


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / √(var + eps) · weight + bias for each channel of [N, C, ...] (torch.nn.functional.batch_norm).

    In training the statistics are the batch's and move the running ones by `momentum`; else the running ones are used.
    """
    if input.shape == (0,):
        return input.clone()
    check_channels(input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not training:
        return _with_running_statistics(input, running_mean, running_var, weight, bias, eps)
    output, mean, var = batch_norm_training(input, weight, bias, eps)
    count = math.prod(input.shape) / max(input.shape[1], 1)
    if count:
        _follow(running_mean, mean, momentum)
        _follow(running_var, var * (count / (count - 1)), momentum)
    return output


def _follow(running: Any, latest: Any, momentum: float) -> None:
    """Running ← (1 - momentum) running + momentum latest."""
    if running is None:
        return
    with no_grad():
        running.copy_((1 - momentum) * running + momentum * latest.to(running.dtype))


def _with_running_statistics(
    input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, eps: float
) -> Any:
    for name, each in (("running_mean", running_mean), ("running_var", running_var)):
        if each is None:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
    scale = (running_var + eps).rsqrt()
    return channel_affine(input, running_mean, scale if weight is None else scale * weight, bias)
