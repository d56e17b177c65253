"""Infinities and NaN told apart, replaced or passed over."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast, same
from engine.backend.dtype import bool_
from engine.backend.namespace import xp
from engine.ops.elementwise.comparison import isfinite, isnan
from engine.ops.elementwise.selection import masked


def _truths(input: Spec) -> Spec:
    return Spec(input.shape, bool_)


@op(shape=_truths, types="keep", differentiable=False)
def isposinf(input: Array) -> Any:
    """Whether the input is plus infinity (torch.isposinf)."""
    return xp(input).isposinf(input)


@op(shape=_truths, types="keep", differentiable=False)
def isneginf(input: Array) -> Any:
    """Whether the input is minus infinity (torch.isneginf)."""
    return xp(input).isneginf(input)


def isreal(input: Any) -> Any:
    """Whether the imaginary part is zero, which real numbers don't have (torch.isreal)."""
    return input.imag == 0 if input.dtype.is_complex else input.new_ones(input.shape, dtype=bool_)


@op(shape=broadcast)
def fmax(input: Array, other: Array) -> Any:
    """The larger of two, the number where one is NaN; the first at ties (torch.fmax)."""
    return xp(input).fmax(input, other)


@op(shape=broadcast)
def fmin(input: Array, other: Array) -> Any:
    """The smaller of two, the number where one is NaN; the first at ties (torch.fmin)."""
    return xp(input).fmin(input, other)


def _first_is_larger(input: Any, other: Any) -> Any:
    return (input >= other).logical_or(isnan(other))


def _first_is_smaller(input: Any, other: Any) -> Any:
    return (input <= other).logical_or(isnan(other))


fmax.gradient(
    input=lambda g, input, other: masked(g, _first_is_larger(input, other)),
    other=lambda g, input, other: masked(g, _first_is_larger(input, other).logical_not()),
)
fmin.gradient(
    input=lambda g, input, other: masked(g, _first_is_smaller(input, other)),
    other=lambda g, input, other: masked(g, _first_is_smaller(input, other).logical_not()),
)


@op(shape=same)
def nan_to_num(input: Array, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """NaN and infinities as numbers, by default zero and the largest and lowest of the type (torch.nan_to_num)."""
    if input.dtype.kind != "f":
        return input.copy()
    return xp(input).nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


nan_to_num.gradient(input=lambda g, input: masked(g, isfinite(input)))
