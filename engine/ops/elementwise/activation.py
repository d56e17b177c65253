"""Activations of neural networks; those with kinks take PyTorch's gradient there."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast, same
from engine.backend.dtype import BOOL, dtype
from engine.backend.namespace import xp
from engine.kernels.cpu import activation_gradients as fast_gradients
from engine.kernels.cpu import activations as fast
from engine.ops.elementwise.exponential import exp, sigmoid
from engine.ops.elementwise.selection import masked, where
from engine.ops.elementwise.trigonometric import tanh
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole


def _refuse_masks(name: str, compute: dtype | None, *inputs: dtype | None) -> None:
    if compute is not None and compute.category == BOOL:
        raise RuntimeError(f"Boolean inputs not supported for {name}")


@op(shape=same)
def relu(input: Array) -> Any:
    """max(input, 0) (torch.relu)."""
    return xp(input).maximum(input, 0)


@op(shape=broadcast)
def relu_backward(input: Array, other: Array) -> Any:
    """The gradient of relu: `input`, what came from above, where `other`, the output, is not zero."""
    return masked.reference(input, other != 0)


relu_backward.gradient(input=lambda g, other: relu_backward(g, other), other=None)
relu.gradient(input=lambda g, y: relu_backward(g, y))
relu.refuse(_refuse_masks)
relu.fast(cpu=fast.relu)
relu_backward.fast(cpu=fast_gradients.relu_backward)
relu.onto_output(lambda output, input: np.maximum(input, 0, out=output))


@relu_backward.onto_output
def _relu_backward_onto(output: Any, input: Any, other: Any) -> None:
    output.fill(0)
    np.copyto(output, input, where=other != 0)


@op(shape=same)
def leaky_relu(input: Array, negative_slope: float = 0.01) -> Any:
    """The input where it is above zero, else negative_slope * input (torch.nn.functional.leaky_relu)."""
    return xp(input).maximum(input, 0) + xp(input).minimum(input, 0) * float(negative_slope)


@op(shape=lambda upstream, input, negative_slope: broadcast(upstream, input))
def leaky_relu_backward(upstream: Array, input: Array, negative_slope: float) -> Any:
    """The gradient of leaky_relu: `upstream` where the input is above zero, else negative_slope * upstream."""
    return xp(input).where(input > 0, upstream, upstream * float(negative_slope))


leaky_relu_backward.gradient(
    upstream=lambda g, input, negative_slope: leaky_relu_backward(g, input, negative_slope), input=None
)
leaky_relu.gradient(input=lambda g, input, negative_slope: leaky_relu_backward(g, input, negative_slope))
leaky_relu.fast(cpu=fast.leaky_relu)
leaky_relu_backward.fast(cpu=fast_gradients.leaky_relu_backward)


def prelu(input: Any, weight: Any) -> Any:
    """The input above zero, weight * input below, one weight for all or one a channel (torch.nn.functional.prelu)."""
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    channels = input.shape[1] if input.ndim > 1 else 1
    count = weight.as_spec.size
    if count not in (1, channels):
        raise RuntimeError(
            f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {count} "
            f"and channel size = {channels} of an input of shape {input.shape}."
        )
    slopes = weight.reshape(1, count, *[1] * (input.ndim - 2)) if input.ndim > 1 else weight.reshape(())
    return where(input > 0, input, input * slopes)


@op(shape=same)
def threshold(input: Array, threshold: float, value: float) -> Any:
    """The input where it is above `threshold`, else `value` (torch.nn.functional.threshold)."""
    return xp(input).where(input <= threshold, input.dtype.type(value), input)


threshold.gradient(input=lambda g, input, threshold: masked(g, (input <= threshold).logical_not()))


@op(shape=same)
def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """The input kept between min_val and max_val; no gradient at the bounds (torch.nn.functional.hardtanh)."""
    low, high = input.dtype.type(min_val), input.dtype.type(max_val)
    return xp(input).minimum(xp(input).maximum(input, low), high)


@op(shape=lambda upstream, input, min_val, max_val: broadcast(upstream, input))
def hardtanh_backward(upstream: Array, input: Array, min_val: float, max_val: float) -> Any:
    """The gradient of hardtanh: `upstream` where the input is between the bounds."""
    low, high = input.dtype.type(min_val), input.dtype.type(max_val)
    return masked.reference(upstream, ~((input <= low) | (input >= high)))


hardtanh_backward.gradient(
    upstream=lambda g, input, min_val, max_val: hardtanh_backward(g, input, min_val, max_val), input=None
)
hardtanh.gradient(input=lambda g, input, min_val, max_val: hardtanh_backward(g, input, min_val, max_val))
hardtanh.refuse(_refuse_masks)
hardtanh.fast(cpu=fast.hardtanh)
hardtanh_backward.fast(cpu=fast_gradients.hardtanh_backward)


def relu6(input: Any) -> Any:
    """min(max(input, 0), 6) (torch.nn.functional.relu6)."""
    return hardtanh(input, 0.0, 6.0)


@op(shape=same)
def hardsigmoid(input: Array) -> Any:
    """min(max(input + 3, 0), 6) / 6 (torch.nn.functional.hardsigmoid)."""
    wide = widened(input)
    return narrowed(xp(input).clip(wide + 3, 0, 6) / 6, input)


# PyTorch multiplies by a sixth that was rounded to float32, in float64 too.
_SIXTH = 11184811 / 2**26
hardsigmoid.gradient(input=lambda g, input: masked(g * _SIXTH, (input > -3).logical_and(input < 3)))


@op(shape=same)
def hardswish(input: Array) -> Any:
    """`input * min(max(input + 3, 0), 6) / 6` (torch.nn.functional.hardswish)."""
    wide = widened(input)
    return narrowed(wide * xp(input).clip(wide + 3, 0, 6) / 6, input)


@op(shape=broadcast)
def hardswish_backward(input: Array, other: Array) -> Any:
    """The gradient of hardswish: `input`, what came from above, times the slope at `other`, the forward's input."""
    g, x = widened(input), widened(other)
    inside = masked.reference(g * (x / 3 + 0.5), x > -3)
    return narrowed(xp(input).where(x < 3, inside, g), input)


hardswish_backward.gradient_from(lambda g, x: where(x < 3, masked(g * (x / 3 + 0.5), x > -3), g))
hardswish.gradient(input=lambda g, input: hardswish_backward(g, input))
hardswish.fast(cpu=fast.hardswish)
hardswish_backward.fast(cpu=fast_gradients.hardswish_backward)


@op(shape=same)
def hardshrink(input: Array, lambd: float = 0.5) -> Any:
    """The input outside of [-lambd, lambd], zero inside (torch.nn.functional.hardshrink)."""
    return masked.reference(input, ~((input >= -lambd) & (input <= lambd)))


HIGHEST = {"float16": 65504.0, "float32": (2 - 2.0**-23) * 2.0**127, "float64": sys.float_info.max}


def _softshrink_shape(input: Spec, lambd: float) -> Spec:
    _check_lambda(input, lambd)
    return input


def _check_lambda(input: Any, lambd: float) -> None:
    if not 0 <= lambd <= HIGHEST.get(input.dtype.name, HIGHEST["float32"]):
        raise RuntimeError(f"lambda must be in range [0, highest of {input.dtype.name}], but found {lambd}")


@op(shape=_softshrink_shape)
def softshrink(input: Array, lambd: float = 0.5) -> Any:
    """The input moved towards zero by lambd, zero inside of [-lambd, lambd] (torch.nn.functional.softshrink)."""
    _check_lambda(input, lambd)
    return input - xp(input).clip(input, -lambd, lambd)


def _outside(input: Any, lambd: float) -> Any:
    return (input >= -lambd).logical_and(input <= lambd).logical_not()


hardshrink.gradient(input=lambda g, input, lambd: masked(g, _outside(input, lambd)))
softshrink.gradient(input=lambda g, input, lambd: masked(g, _outside(input, lambd)))


def _exponential_unit(input: Any, alpha: float, scale: float, rate: float) -> Any:
    """`scale * input` above zero, `scale * alpha * (exp(rate * input) - 1)` below."""
    wide = widened(input)
    above, below = xp(input).maximum(wide, 0), xp(input).minimum(wide, 0)
    return narrowed(above * scale + xp(input).expm1(below * rate) * (alpha * scale), input)


@op(shape=lambda upstream, input, alpha, scale, rate: broadcast(upstream, input))
def exponential_unit_backward(upstream: Array, input: Array, alpha: float, scale: float, rate: float) -> Any:
    """`scale * upstream` above zero, `scale * alpha * rate * exp(rate * input) * upstream` below."""
    g, x = widened(upstream), widened(input)
    powers = xp(input).exp(xp(input).minimum(x, 0) * float(rate))
    return narrowed(xp(input).where(x <= 0, g * (powers * float(alpha * scale * rate)), g * float(scale)), upstream)


def _exponential_slope(upstream: Any, input: Any, alpha: float, scale: float, rate: float) -> Any:
    """The same gradient in ops, for derivatives of it."""
    below = masked(input, input <= 0)
    return where(input <= 0, upstream * (exp(below * rate) * (alpha * scale * rate)), upstream * scale)


exponential_unit_backward.gradient_from(_exponential_slope)
exponential_unit_backward.fast(cpu=fast_gradients.exponential_unit_backward)


@op(shape=same)
def elu(input: Array, alpha: float = 1.0) -> Any:
    """The input above zero, alpha * (exp(input) - 1) below (torch.nn.functional.elu)."""
    return _exponential_unit(input, float(alpha), 1.0, 1.0)


elu.gradient(input=lambda g, input, alpha: exponential_unit_backward(g, input, alpha, 1.0, 1.0))
elu.fast(cpu=fast.exponential_unit(lambda alpha: (alpha, 1.0, 1.0)))


def _celu_shape(input: Spec, alpha: float) -> Spec:
    _check_alpha(alpha)
    return input


def _check_alpha(alpha: float) -> None:
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")


@op(shape=_celu_shape)
def celu(input: Array, alpha: float = 1.0) -> Any:
    """The input above zero, alpha * (exp(input / alpha) - 1) below (torch.nn.functional.celu)."""
    _check_alpha(alpha)
    return _exponential_unit(input, float(alpha), 1.0, 1.0 / alpha)


celu.gradient(input=lambda g, input, alpha: exponential_unit_backward(g, input, alpha, 1.0, 1.0 / alpha))
celu.fast(cpu=fast.exponential_unit(lambda alpha: (alpha, 1.0, 1.0 / alpha)))

# Klambauer et al., "Self-normalizing neural networks", 2017: the fixed point of mean 0 and variance 1.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@op(shape=same)
def selu(input: Array) -> Any:
    """SELU_SCALE * elu(input, SELU_ALPHA) (torch.nn.functional.selu)."""
    return _exponential_unit(input, SELU_ALPHA, SELU_SCALE, 1.0)


selu.gradient(input=lambda g, input: exponential_unit_backward(g, input, SELU_ALPHA, SELU_SCALE, 1.0))
selu.fast(cpu=fast.exponential_unit(lambda: (SELU_ALPHA, SELU_SCALE, 1.0)))


@op(shape=same)
def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta * input)) / beta; input itself where beta * input > threshold (torch.nn.functional.softplus)."""
    wide = widened(input)
    exponent = wide * float(beta)
    smooth = xp(input).log1p(xp(input).exp(xp(input).minimum(exponent, float(threshold)))) / float(beta)
    return narrowed(xp(input).where(exponent > threshold, wide, smooth), input)


@op(shape=lambda upstream, input, beta, threshold: broadcast(upstream, input))
def softplus_backward(upstream: Array, input: Array, beta: float, threshold: float) -> Any:
    """The gradient of softplus: `upstream * sigmoid(beta * input)`; upstream itself where it was the input itself."""
    g, exponent = widened(upstream), widened(input) * float(beta)
    smooth = g / (1 + xp(input).exp(-exponent))
    return narrowed(xp(input).where(exponent > threshold, g, smooth), upstream)


def _softplus_slope(upstream: Any, input: Any, beta: float, threshold: float) -> Any:
    """The same gradient in ops, for derivatives of it."""
    return where(input * beta > threshold, upstream, upstream * sigmoid(input * beta))


softplus_backward.gradient_from(_softplus_slope)
softplus.gradient(input=lambda g, input, beta, threshold: softplus_backward(g, input, beta, threshold))
softplus.fast(cpu=fast.softplus)
softplus_backward.fast(cpu=fast_gradients.softplus_backward)


@op(shape=same)
def logsigmoid(input: Array) -> Any:
    """log(sigmoid(input)) without overflow (torch.nn.functional.logsigmoid)."""
    wide = widened(input)
    return narrowed(xp(input).minimum(wide, 0) - xp(input).log1p(xp(input).exp(-abs(wide))), input)


logsigmoid.gradient(input=lambda g, input: g * sigmoid(-input))
logsigmoid.fast(cpu=fast.logsigmoid)


def softsign(input: Any) -> Any:
    """`input / (1 + |input|)` (torch.nn.functional.softsign)."""
    return input / (input.abs() + 1)


def tanhshrink(input: Any) -> Any:
    """`input - tanh(input)` (torch.nn.functional.tanhshrink)."""
    return input - tanh(input)


for _operation in (
    leaky_relu, hardsigmoid, hardswish, hardshrink, softshrink, elu, celu, selu, softplus, logsigmoid
):  # fmt: skip
    _operation.refuse(refuse_whole)
