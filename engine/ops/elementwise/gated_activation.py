"""Activations that multiply their input by a gate: SiLU, Mish, GELU and GLU."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast, same
from engine.backend.namespace import xp
from engine.backend.special import special
from engine.kernels.cpu import activation_gradients as fast_gradients
from engine.kernels.cpu import activations as fast
from engine.ops.elementwise.activation import softplus
from engine.ops.elementwise.exponential import exp, sigmoid
from engine.ops.elementwise.trigonometric import tanh
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole


@op(shape=same)
def silu(input: Array) -> Any:
    """`input * sigmoid(input)` (torch.nn.functional.silu)."""
    wide = widened(input)
    return narrowed(wide / (1 + xp(input).exp(-wide)), input)


@op(shape=broadcast)
def silu_backward(input: Array, other: Array) -> Any:
    """The gradient of silu: `input`, what came from above, times the slope at `other`, the forward's input."""
    g, x = widened(input), widened(other)
    gate = 1 / (1 + xp(other).exp(-x))
    return narrowed(g * (gate * (x * (1 - gate) + 1)), input)


def _silu_slope(g: Any, input: Any) -> Any:
    """The same gradient in ops, for derivatives of it."""
    gate = sigmoid(input)
    return g * (gate * (input * (1 - gate) + 1))


silu_backward.gradient_from(_silu_slope)
silu.gradient(input=lambda g, input: silu_backward(g, input))
silu.fast(cpu=fast.silu)
silu_backward.fast(cpu=fast_gradients.silu_backward)


@op(shape=same)
def mish(input: Array) -> Any:
    """`input * tanh(log(1 + exp(input)))` (torch.nn.functional.mish)."""
    wide = widened(input)
    return narrowed(wide * xp(input).tanh(xp(input).logaddexp(wide, wide.dtype.type(0))), input)


def _mish_slope(g: Any, input: Any) -> Any:
    gate = tanh(softplus(input))
    return g * (gate + input * sigmoid(input) * (1 - gate * gate))


mish.gradient(input=_mish_slope)
mish.fast(cpu=fast.mish)


def _gelu_shape(input: Spec, approximate: str) -> Spec:
    _check_approximation(approximate)
    return input


@op(shape=_gelu_shape)
def gelu(input: Array, approximate: str = "none") -> Any:
    """`input * Φ(input)`, Φ the normal distribution; `tanh` approximates it (torch.nn.functional.gelu)."""
    _check_approximation(approximate)
    wide = widened(input)
    if approximate == "tanh":
        bend = xp(input).tanh(_TANH_SCALE * (wide + _TANH_CUBE * wide * wide * wide))
        return narrowed(wide * 0.5 * (1 + bend), input)
    return narrowed(wide * 0.5 * (1 + special(input).erf(wide * math.sqrt(0.5))), input)


# Hendrycks and Gimpel, "Gaussian error linear units", 2016.
_TANH_SCALE = math.sqrt(2 / math.pi)
_TANH_CUBE = 0.044715


@op(shape=lambda upstream, input, approximate: broadcast(upstream, input))
def gelu_backward(upstream: Array, input: Array, approximate: str) -> Any:
    """The gradient of gelu: `upstream` times Φ(x) + x Φ'(x), or the slope of the approximation."""
    g, x, namespace = widened(upstream), widened(input), xp(input)
    squared = x * x
    if approximate == "tanh":
        bend = namespace.tanh(x * (squared * _TANH_CUBE + 1) * _TANH_SCALE)
        inner = (squared * (3 * _TANH_CUBE) + 1) * _TANH_SCALE
        return narrowed(g * ((bend + 1) * 0.5 + x * 0.5 * (1 - bend * bend) * inner), upstream)
    share = (special(input).erf(x * math.sqrt(0.5)) + 1) * 0.5
    density = namespace.exp(squared * -0.5) * (1 / math.sqrt(2 * math.pi))
    return narrowed(g * (share + x * density), upstream)


def _gelu_slope(g: Any, input: Any, approximate: str) -> Any:
    """The same gradient in ops, for derivatives of it."""
    if approximate == "tanh":
        squared = input * input
        bend = tanh(input * (squared * _TANH_CUBE + 1) * _TANH_SCALE)
        inner = (squared * (3 * _TANH_CUBE) + 1) * _TANH_SCALE
        return g * ((bend + 1) * 0.5 + input * 0.5 * (1 - bend * bend) * inner)
    share = ((input * math.sqrt(0.5)).erf() + 1) * 0.5
    density = exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi))
    return g * (share + input * density)


gelu_backward.gradient_from(_gelu_slope)
gelu.gradient(input=lambda g, input, approximate: gelu_backward(g, input, approximate))
gelu.fast(cpu=fast.gelu)
gelu_backward.fast(cpu=fast_gradients.gelu_backward)


def _check_approximation(approximate: str) -> None:
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either 'none' or 'tanh', got {approximate!r}")


def glu(input: Any, dim: int = -1) -> Any:
    """The first half along `dim` times the sigmoid of the second (torch.nn.functional.glu)."""
    length = input.shape[dim] if input.ndim else 0
    if length == 0 or length % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} of {input.shape} is size {length}")
    first, second = input.chunk(2, dim)
    return first * sigmoid(second)


for _operation in (silu, mish, gelu):
    _operation.refuse(refuse_whole)
