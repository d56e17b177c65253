"""Circular and hyperbolic functions of each element, angles in radians."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import to_floating
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast
from engine.backend.namespace import xp
from engine.kernels.cpu import activation_gradients as fast_gradients
from engine.kernels.cpu import activations as fast
from engine.ops.elementwise.exponential import floating
from engine.ops.elementwise.selection import masked


@op(shape=floating, types="floating", complex="holomorphic")
def sin(input: Array) -> Any:
    """The sine (torch.sin)."""
    return xp(input).sin(input)


@op(shape=floating, types="floating", complex="holomorphic")
def cos(input: Array) -> Any:
    """The cosine (torch.cos)."""
    return xp(input).cos(input)


sin.gradient(input=lambda g, input: g * cos(input))
cos.gradient(input=lambda g, input: -g * sin(input))


@op(shape=floating, types="floating")
def tan(input: Array) -> Any:
    """The tangent (torch.tan)."""
    return xp(input).tan(input)


tan.gradient(input=lambda g, y: g * (y * y + 1))


@op(shape=floating, types="floating")
def asin(input: Array) -> Any:
    """The angle in [-π/2, π/2] of this sine (torch.asin)."""
    return xp(input).arcsin(input)


asin.gradient(input=lambda g, input: g * (1 - input * input).rsqrt())


@op(shape=floating, types="floating")
def acos(input: Array) -> Any:
    """The angle in [0, π] of this cosine (torch.acos)."""
    return xp(input).arccos(input)


acos.gradient(input=lambda g, input: -g * (1 - input * input).rsqrt())


@op(shape=floating, types="floating")
def atan(input: Array) -> Any:
    """The angle in [-π/2, π/2] of this tangent (torch.atan)."""
    return xp(input).arctan(input)


atan.gradient(input=lambda g, input: g / (input * input + 1))


def _floating_pair(input: Spec, other: Spec) -> Spec:
    both = broadcast(input, other)
    return Spec(both.shape, to_floating(both.dtype))


@op(shape=_floating_pair, types="floating")
def atan2(input: Array, other: Array) -> Any:
    """The angle in [-π, π] of the point at y = input, x = other (torch.atan2)."""
    return xp(input).arctan2(input, other)


@atan2.gradients
def _atan2_gradients(g: Any, input: Any, other: Any, needs: tuple[bool, ...]) -> tuple[Any, Any]:
    """`x / (x² + y²)` and `-y / (x² + y²)`, zero at the origin, where the angle has no slope."""
    squared = input * input + other * other
    closeness = masked(squared.reciprocal(), squared != 0)
    return g * (other * closeness) if needs[0] else None, -g * (input * closeness) if needs[1] else None


@op(shape=floating, types="floating", complex="holomorphic")
def sinh(input: Array) -> Any:
    """The hyperbolic sine (torch.sinh)."""
    return xp(input).sinh(input)


@op(shape=floating, types="floating", complex="holomorphic")
def cosh(input: Array) -> Any:
    """The hyperbolic cosine (torch.cosh)."""
    return xp(input).cosh(input)


sinh.gradient(input=lambda g, input: g * cosh(input))
cosh.gradient(input=lambda g, input: g * sinh(input))


@op(shape=floating, types="floating")
def tanh(input: Array) -> Any:
    """The hyperbolic tangent (torch.tanh)."""
    return xp(input).tanh(input)


@op(shape=broadcast)
def tanh_backward(input: Array, other: Array) -> Any:
    """The gradient of tanh: `input`, what came from above, times 1 - `other`², the output."""
    return input * (1 - other * other)


tanh_backward.gradient(
    input=lambda g, other: tanh_backward(g, other),
    other=lambda g, input, other: g * input * other * -2,
)
tanh.gradient(input=lambda g, y: tanh_backward(g, y))
tanh.fast(cpu=fast.tanh)
tanh_backward.fast(cpu=fast_gradients.tanh_backward)


@op(shape=floating, types="floating")
def asinh(input: Array) -> Any:
    """The number of this hyperbolic sine (torch.asinh)."""
    return xp(input).arcsinh(input)


asinh.gradient(input=lambda g, input: g * (input * input + 1).rsqrt())


@op(shape=floating, types="floating")
def acosh(input: Array) -> Any:
    """The number >= 0 of this hyperbolic cosine (torch.acosh)."""
    return xp(input).arccosh(input)


acosh.gradient(input=lambda g, input: g * (input * input - 1).rsqrt())


@op(shape=floating, types="floating")
def atanh(input: Array) -> Any:
    """The number of this hyperbolic tangent (torch.atanh)."""
    return xp(input).arctanh(input)


atanh.gradient(input=lambda g, input: g / (1 - input * input))
