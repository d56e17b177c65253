"""Power: a base to an exponent, with PyTorch's gradients where either is zero."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array, Number
from engine.autograd.spec import broadcast
from engine.backend.namespace import on_host, xp
from engine.ops.elementwise.selection import masked
from engine.ops.refusals import refuse_bool


@op(shape=broadcast)
def pow(input: Array | Number, exponent: Array | Number) -> Any:
    """The input to the power `exponent`; raises RuntimeError for integers to a negative number (torch.pow)."""
    if isinstance(exponent, int | float):
        if exponent < 0 and input.dtype.kind in "iu":
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        return input**exponent
    if exponent.dtype.kind == "i" and (not on_host(exponent) or (exponent < 0).any()):
        return _whole_power(xp(exponent), input, exponent)
    return input**exponent


def _whole_power(namespace: Any, base: Any, exponent: Any) -> Any:
    """Whole powers of whole numbers, where 1 / base**n is rounded to zero unless base is 1 or -1."""
    inverse = namespace.where(abs(base) == 1, base ** (exponent & 1), 0)
    powers = namespace.where(exponent < 0, inverse, base ** namespace.maximum(exponent, 0))
    return powers.astype(exponent.dtype, copy=False)


pow.refuse(refuse_bool)


def _to_base(g: Any, input: Any, exponent: Any) -> Any:
    """`g * n * x^(n - 1)`, and zero for n = 0 even where x^(n - 1) is infinite."""
    if isinstance(exponent, int | float):
        return g.new_zeros(g.shape) if exponent == 0 else g * (exponent * pow(input, exponent - 1))
    power = exponent.to(g.dtype)
    slope = power * pow(input, power - 1)
    return masked(g * slope, power != 0)


def _to_exponent(g: Any, input: Any, exponent: Any, y: Any) -> Any:
    """`g * x^n * log x`, and zero for x = 0 with n >= 0, where log x is infinite."""
    if isinstance(input, int | float):
        slope = y * _log(input)
        return masked(g * slope, exponent < 0) if input == 0 else g * slope
    slope = y * input.to(g.dtype).log()
    return masked(g * slope, (input != 0).logical_or(exponent < 0))


def _log(number: float) -> float:
    return math.log(number) if number > 0 else -math.inf if number == 0 else math.nan


pow.gradient(input=_to_base, exponent=_to_exponent)
