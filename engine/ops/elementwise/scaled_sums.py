"""Sums and differences whose second term has a factor."""

from __future__ import annotations

from typing import Any

from engine.ops.elementwise import arithmetic
from engine.ops.elementwise.arithmetic import scaled
from engine.ops.refusals import refuse_number


def add(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """`input + alpha * other` (torch.add)."""
    return arithmetic.add(input, scaled(input, other, alpha), out=out)


def sub(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """`input - alpha * other`; raises RuntimeError for bools (torch.sub)."""
    return arithmetic.sub(input, scaled(input, other, alpha), out=out)


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`other - alpha * input` (torch.rsub)."""
    refuse_number("rsub", input)
    return arithmetic.sub(other, scaled(other, input, alpha))
