"""The normal distribution: its integral, the inverse and the logarithm of it, and the scaled error function."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.backend.special import special
from engine.ops.elementwise.exponential import exp, floating
from engine.ops.precision import narrowed


@op(shape=floating, types="floating")
def ndtr(input: Array) -> Any:
    """The chance that a standard normal number is below the input (torch.special.ndtr)."""
    return narrowed(special(input).ndtr(input), input)


@op(shape=floating, types="floating")
def ndtri(input: Array) -> Any:
    """The number that a standard normal one is below with this chance (torch.special.ndtri)."""
    return narrowed(special(input).ndtri(input), input)


@op(shape=floating, types="floating")
def log_ndtr(input: Array) -> Any:
    """log(ndtr(input)), exact far below zero (torch.special.log_ndtr)."""
    return narrowed(special(input).log_ndtr(input), input)


@op(shape=floating, types="floating")
def erfcx(input: Array) -> Any:
    """`exp(input²) * erfc(input)` without overflow above zero (torch.special.erfcx)."""
    return narrowed(special(input).erfcx(input), input)


ndtr.gradient(input=lambda g, input: g * (exp(input.square() * -0.5) * (1 / math.sqrt(2 * math.pi))))
ndtri.gradient(input=lambda g, y: g * (exp(y.square() * 0.5) * math.sqrt(2 * math.pi)))
log_ndtr.gradient(input=lambda g, input: g / erfcx(input * -math.sqrt(0.5)) * math.sqrt(2 / math.pi))
erfcx.gradient(input=lambda g, input, y: g * (input * y * 2 - 2 / math.sqrt(math.pi)))
