"""Divisors and multiples of whole numbers."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import broadcast
from engine.backend.namespace import xp
from engine.ops.refusals import refuse_bool_and_floating


@op(shape=broadcast, differentiable=False)
def gcd(input: Array, other: Array) -> Any:
    """The greatest common divisor, not negative; gcd(0, 0) = 0 (torch.gcd)."""
    return xp(input).gcd(input, other)


@op(shape=broadcast, differentiable=False)
def lcm(input: Array, other: Array) -> Any:
    """The least common multiple, not negative; zero where either is (torch.lcm)."""
    return xp(input).lcm(input, other)


gcd.refuse(refuse_bool_and_floating)
lcm.refuse(refuse_bool_and_floating)
