"""Bessel functions, those modified for growth and decay, and Airy's; the i family has gradients, as in PyTorch."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.backend.device import CPU
from engine.backend.namespace import array_device, to_device, xp
from engine.backend.special import special
from engine.ops.elementwise.arithmetic import sign
from engine.ops.elementwise.exponential import floating
from engine.ops.elementwise.selection import where
from engine.ops.precision import narrowed, widened


@op(shape=floating, types="floating")
def i0(input: Array) -> Any:
    """The modified Bessel function I of order 0 (torch.i0)."""
    return narrowed(special(input).i0(input), input)


@op(shape=floating, types="floating")
def i0e(input: Array) -> Any:
    """`exp(-|input|) * i0(input)` (torch.special.i0e)."""
    return narrowed(special(input).i0e(input), input)


@op(shape=floating, types="floating")
def i1(input: Array) -> Any:
    """The modified Bessel function I of order 1 (torch.special.i1)."""
    return narrowed(special(input).i1(input), input)


@op(shape=floating, types="floating")
def i1e(input: Array) -> Any:
    """`exp(-|input|) * i1(input)` (torch.special.i1e)."""
    return narrowed(special(input).i1e(input), input)


def _i1_slope(input: Any, y: Any) -> Any:
    """`i0(x) - i1(x) / x`, whose limit at zero is a half (DLMF 10.29.2)."""
    return where(input == 0, 0.5, i0(input) - y / where(input == 0, 1.0, input))


def _i1e_slope(input: Any, y: Any) -> Any:
    """`i0e(x) - i1e(x) (sign(x) + 1 / x)`, whose limit at zero is a half."""
    return where(input == 0, 0.5, i0e(input) - y * (sign(input) + where(input == 0, 1.0, input).reciprocal()))


i0.gradient(input=lambda g, input: g * i1(input))
i0e.gradient(input=lambda g, input, y: g * (i1e(input) - sign(input) * y))
i1.gradient(input=lambda g, input, y: g * _i1_slope(input, y))
i1e.gradient(input=lambda g, input, y: g * _i1e_slope(input, y))


@op(shape=floating, types="floating", differentiable=False)
def bessel_j0(input: Array) -> Any:
    """The Bessel function J of order 0 (torch.special.bessel_j0)."""
    return narrowed(special(input).j0(input), input)


@op(shape=floating, types="floating", differentiable=False)
def bessel_j1(input: Array) -> Any:
    """The Bessel function J of order 1 (torch.special.bessel_j1)."""
    return narrowed(special(input).j1(input), input)


@op(shape=floating, types="floating", differentiable=False)
def bessel_y0(input: Array) -> Any:
    """The Bessel function Y of order 0, NaN below zero (torch.special.bessel_y0)."""
    return narrowed(special(input).y0(input), input)


@op(shape=floating, types="floating", differentiable=False)
def bessel_y1(input: Array) -> Any:
    """The Bessel function Y of order 1, NaN below zero (torch.special.bessel_y1)."""
    return narrowed(special(input).y1(input), input)


@op(shape=floating, types="floating", differentiable=False)
def modified_bessel_i0(input: Array) -> Any:
    """The modified Bessel function I of order 0 (torch.special.modified_bessel_i0)."""
    return i0.reference(input)


@op(shape=floating, types="floating", differentiable=False)
def modified_bessel_i1(input: Array) -> Any:
    """The modified Bessel function I of order 1 (torch.special.modified_bessel_i1)."""
    return i1.reference(input)


@op(shape=floating, types="floating", differentiable=False)
def modified_bessel_k0(input: Array) -> Any:
    """The modified Bessel function K of order 0, NaN below zero (torch.special.modified_bessel_k0)."""
    return narrowed(special(input).k0(input), input)


@op(shape=floating, types="floating", differentiable=False)
def modified_bessel_k1(input: Array) -> Any:
    """The modified Bessel function K of order 1, NaN below zero (torch.special.modified_bessel_k1)."""
    return narrowed(special(input).k1(input), input)


@op(shape=floating, types="floating", differentiable=False)
def scaled_modified_bessel_k0(input: Array) -> Any:
    """`exp(input) * modified_bessel_k0(input)` (torch.special.scaled_modified_bessel_k0)."""
    return narrowed(special(input).k0e(input), input)


@op(shape=floating, types="floating", differentiable=False)
def scaled_modified_bessel_k1(input: Array) -> Any:
    """`exp(input) * modified_bessel_k1(input)` (torch.special.scaled_modified_bessel_k1)."""
    return narrowed(special(input).k1e(input), input)


@op(shape=floating, types="floating", differentiable=False)
def spherical_bessel_j0(input: Array) -> Any:
    """`sin(input) / input`, 1 at zero and 0 at infinity (torch.special.spherical_bessel_j0)."""
    wide = widened(input)
    ratio = xp(input).sin(wide) / xp(input).where(wide == 0, 1, wide)
    return narrowed(xp(input).where(wide == 0, 1, xp(input).where(xp(input).isinf(wide), 0, ratio)), input)


@op(shape=floating, types="floating", differentiable=False)
def airy_ai(input: Array) -> Any:
    """Airy's function Ai; the host computes it for a GPU too, since CuPy has none (torch.special.airy_ai)."""
    on_the_host = to_device(input, CPU)
    return to_device(narrowed(special(on_the_host).airy(on_the_host)[0], on_the_host), array_device(input))
