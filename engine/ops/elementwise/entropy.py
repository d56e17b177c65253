"""The terms of entropies and likelihoods, in which zero times log zero is zero, and the log-odds."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import to_floating
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast
from engine.backend.namespace import xp
from engine.backend.special import special
from engine.ops.elementwise.exponential import floating, log, log1p
from engine.ops.elementwise.selection import masked, where
from engine.ops.precision import narrowed, widened


def _floating_pair(input: Any, other: Any) -> Spec:
    both = broadcast(input, other)
    return Spec(both.shape, to_floating(both.dtype))


@op(shape=_floating_pair, types="floating")
def xlogy(input: Array | Number, other: Array | Number) -> Any:
    """`input * log(other)`; zero where the input is, unless other is NaN (torch.xlogy)."""
    array = input if hasattr(input, "dtype") else other
    return narrowed(special(array).xlogy(input, other), array)


@op(shape=_floating_pair, types="floating")
def xlog1py(input: Array | Number, other: Array | Number) -> Any:
    """`input * log(1 + other)`; zero where the input is, unless other is NaN (torch.special.xlog1py)."""
    array = input if hasattr(input, "dtype") else other
    return narrowed(special(array).xlog1py(input, other), array)


def _to_factor(g: Any, input: Any, logarithm: Any, outside: Any) -> Any:
    """`g * logarithm`, and zero for a factor of zero where the logarithm is infinite or none."""
    slope = g * logarithm
    return masked(slope, ((input == 0) & outside).logical_not())


def _logarithm(other: Any, shift: int) -> Any:
    if isinstance(other, int | float):
        number = other + shift
        return math.log(number) if number > 0 else -math.inf if number == 0 else math.nan
    return log1p(other) if shift else log(other)


xlogy.gradient(
    input=lambda g, input, other: _to_factor(g, input, _logarithm(other, 0), other <= 0),
    other=lambda g, input, other: g * input / other,
)
xlog1py.gradient(
    input=lambda g, input, other: _to_factor(g, input, _logarithm(other, 1), other <= -1),
    other=lambda g, input, other: g * input / (other + 1),
)


@op(shape=floating, types="floating")
def entr(input: Array) -> Any:
    """`-input * log(input)`; zero at zero, minus infinity below (torch.special.entr)."""
    return narrowed(special(input).entr(input), input)


entr.gradient(input=lambda g, input: g * -(log(input) + 1))


@op(shape=lambda input, eps: floating(input), types="floating")
def logit(input: Array, eps: float | None = None) -> Any:
    """log(input / (1 - input)), of the input kept in [eps, 1 - eps] where eps is given (torch.logit)."""
    wide = widened(input)
    chance = wide if eps is None else xp(input).clip(wide, eps, 1 - eps)
    return narrowed(xp(input).log(chance / (1 - chance)), input)


@logit.gradients
def _logit_gradient(g: Any, input: Any, eps: float | None) -> tuple[Any]:
    """`g / (x (1 - x))`; zero where eps keeps the input in, NaN outside of [0, 1] where nothing does."""
    low = 0.0 if eps is None else eps
    inside = (input >= low) & (input <= 1 - low)
    return (where(inside, g / (input * (1 - input)), math.nan if eps is None else 0.0),)
