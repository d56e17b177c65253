"""The gamma function: its logarithm, the derivatives of that, its incomplete integrals and Hurwitz's zeta."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import to_floating
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast
from engine.backend.namespace import xp
from engine.backend.special import special
from engine.ops.elementwise.exponential import exp, floating
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import no_derivative, refuse_whole


@op(shape=floating, types="floating")
def lgamma(input: Array) -> Any:
    """The natural logarithm of |Γ(input)| (torch.lgamma)."""
    logarithm = xp(input).where(xp(input).isinf(input), math.inf, special(input).gammaln(input))
    return narrowed(logarithm, input)


@op(shape=floating, types="floating")
def digamma(input: Array) -> Any:
    """The derivative of log Γ, infinite at zero and NaN at negative whole numbers (torch.digamma)."""
    return narrowed(special(input).psi(input), input)


def _order_is_whole(input: Spec, n: int) -> Spec:
    _check_order(n)
    return floating(input)


def _check_order(n: int) -> None:
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n, got {n}")


@op(shape=_order_is_whole, types="floating")
def derived_digamma(input: Array, n: int) -> Any:
    """The n-th derivative of digamma: `(-1)^(n + 1) n! ζ(n + 1, input)`; n = 1 knows negative numbers (DLMF 5.15)."""
    _check_order(n)
    if n == 0:
        return digamma.reference(input)
    wide = widened(input)
    if n == 1:
        return narrowed(_trigamma(wide), input)
    return narrowed((-1.0) ** (n + 1) * math.gamma(n + 1.0) * special(input).zeta(n + 1.0, wide), input)


def _trigamma(x: Any) -> Any:
    """ζ(2, x), below a half by reflection: `π² / sin²(πx) - ζ(2, 1 - x)` (DLMF 5.15.6)."""
    namespace = xp(x)
    low = x < 0.5
    series = special(x).zeta(2.0, namespace.where(low, 1 - x, x))
    return namespace.where(low, (math.pi / namespace.sin(math.pi * x)) ** 2 - series, series)


lgamma.gradient(input=lambda g, input: g * digamma(input))
digamma.gradient(input=lambda g, input: g * derived_digamma(input, 1))
derived_digamma.gradient(input=lambda g, input, n: g * derived_digamma(input, n + 1))


def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of digamma; raises RuntimeError for a negative n (torch.polygamma)."""
    return derived_digamma(input, n)


def mvlgamma(input: Any, p: int) -> Any:
    """The logarithm of the gamma function of p dimensions: `Σ lgamma(input - j / 2) + p (p - 1) / 4 log π`, j < p.

    Raises RuntimeError for a p below 1 (torch.mvlgamma).
    """
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, got {p}")
    total = lgamma(input)
    for j in range(1, p):
        total = total + lgamma(input - j / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


@op(shape=broadcast)
def igamma(input: Array, other: Array) -> Any:
    """The share of Γ(input) that the integral from 0 to `other` holds; no gradient to the input (torch.igamma)."""
    return narrowed(special(input).gammainc(input, other), input)


@op(shape=broadcast)
def igammac(input: Array, other: Array) -> Any:
    """The share of Γ(input) that the integral from `other` on holds; no gradient to the input (torch.igammac)."""
    return narrowed(special(input).gammaincc(input, other), input)


def _density(input: Any, other: Any) -> Any:
    """`other^(input - 1) exp(-other) / Γ(input)`."""
    return exp((input - 1) * other.log() - other - lgamma(input))


igamma.gradient(
    input=lambda g: no_derivative("igamma", "input"), other=lambda g, input, other: g * _density(input, other)
)
igammac.gradient(
    input=lambda g: no_derivative("igammac", "input"), other=lambda g, input, other: -g * _density(input, other)
)
igamma.refuse(refuse_whole)
igammac.refuse(refuse_whole)


def _floating_pair(input: Any, other: Any) -> Spec:
    both = broadcast(input, other)
    return Spec(both.shape, to_floating(both.dtype))


@op(shape=_floating_pair, types="floating")
def zeta(input: Array | Number, other: Array | Number) -> Any:
    """Hurwitz's zeta, `Σ 1 / (k + other)^input` for k >= 0; no gradient to the input (torch.special.zeta)."""
    array = input if hasattr(input, "dtype") else other
    return narrowed(special(array).zeta(input, other), array)


zeta.gradient(
    input=lambda g: no_derivative("zeta", "input"), other=lambda g, input, other: g * -input * zeta(input + 1, other)
)
