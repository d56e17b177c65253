"""Rounding of each element; whole numbers stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, same
from engine.backend.namespace import xp
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_bool, refuse_whole


def _rounded(input: Any, rounding: Callable[[Any], Any]) -> Any:
    return rounding(input) if input.dtype.kind == "f" else input.copy()


@op(shape=same)
def floor(input: Array) -> Any:
    """The largest whole number that is not above (torch.floor)."""
    return _rounded(input, xp(input).floor)


@op(shape=same)
def ceil(input: Array) -> Any:
    """The smallest whole number that is not below (torch.ceil)."""
    return _rounded(input, xp(input).ceil)


@op(shape=same)
def trunc(input: Array) -> Any:
    """The whole part, towards zero (torch.trunc)."""
    return _rounded(input, xp(input).trunc)


def _round_shape(input: Spec, decimals: int) -> Spec:
    _check_decimals(input, decimals)
    return input


@op(shape=_round_shape)
def round(input: Array, decimals: int = 0) -> Any:
    """The nearest number with so many decimals, halves to the even one; negative counts tens (torch.round)."""
    _check_decimals(input, decimals)
    if decimals == 0:
        return _rounded(input, xp(input).rint)
    ten_to = 10.0 ** (decimals if decimals > 0 else -decimals)
    wide = widened(input)
    nearest = xp(input).rint(wide * ten_to) / ten_to if decimals > 0 else xp(input).rint(wide / ten_to) * ten_to
    return narrowed(nearest, input)


def _check_decimals(input: Any, decimals: int) -> None:
    if decimals and not input.dtype.name.startswith("float"):
        raise NotImplementedError(f'"round" with decimals={decimals} is not implemented for {input.dtype}')


@op(shape=same)
def frac(input: Array) -> Any:
    """What trunc takes away: input - trunc(input) (torch.frac)."""
    return input - xp(input).trunc(input)


frac.gradient(input=lambda g: g)
frac.refuse(refuse_whole)
for _operation in (floor, ceil, trunc, round):
    _operation.gradient(input=lambda g: g.new_zeros(g.shape))
    _operation.refuse(refuse_bool)
