"""Arithmetic, elementwise with broadcasting."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast, broadcast_shapes, same, specs_of
from engine.backend.namespace import xp



@op(shape=broadcast)
def add(input: Array | Number, other: Array | Number) -> Any:
    """input + other; of bools the logical or (torch.add)."""
    return input + other


add.gradient(input=lambda g: g, other=lambda g: g)


@op(shape=broadcast)
def sub(input: Array | Number, other: Array | Number) -> Any:
    """input - other (torch.sub)."""
    return input - other


sub.gradient(input=lambda g: g, other=lambda g: -g)


@op(shape=broadcast)
def mul(input: Array | Number, other: Array | Number) -> Any:
    """input * other; of bools the logical and (torch.mul)."""
    return input * other


mul.gradient(input=lambda g, other: g * other, other=lambda g, input: g * input)


@op(shape=broadcast, types="floating")
def div(input: Array | Number, other: Array | Number) -> Any:
    """input / other; of integers a floating result (torch.div)."""
    return input / other


div.gradient(input=lambda g, other: g / other, other=lambda g, other, y: -g * y / other)


@op(shape=same)
def neg(input: Array) -> Any:
    """-input (torch.neg)."""
    return -input


neg.gradient(input=lambda g: -g)
