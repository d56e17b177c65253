"""Degrees, distances and waves: functions near the circle that are no circular functions themselves."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import broadcast
from engine.backend.namespace import xp
from engine.ops.elementwise.exponential import floating
from engine.ops.elementwise.selection import masked
from engine.ops.elementwise.trigonometric import cos, sin
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole


def deg2rad(input: Any) -> Any:
    """Degrees as radians (torch.deg2rad)."""
    return input * (math.pi / 180)


def rad2deg(input: Any) -> Any:
    """Radians as degrees (torch.rad2deg)."""
    return input * (180 / math.pi)


@op(shape=broadcast)
def hypot(input: Array, other: Array) -> Any:
    """`sqrt(input² + other²)` without overflow (torch.hypot)."""
    return xp(input).hypot(input, other)


hypot.gradient(input=lambda g, input, y: g * (input / y), other=lambda g, other, y: g * (other / y))
hypot.refuse(refuse_whole)


@op(shape=floating, types="floating")
def sinc(input: Array) -> Any:
    """`sin(πx) / (πx)`, 1 at zero (torch.sinc)."""
    turn = widened(input) * math.pi
    return narrowed(xp(input).where(turn == 0, 1, xp(input).sin(turn) / turn), input)


def _sinc_slope(input: Any) -> Any:
    """`(πx cos πx - sin πx) / (πx²)`, zero at zero."""
    turn = input * math.pi
    return masked((cos(turn) * turn - sin(turn)) / (turn * input), input != 0)


sinc.gradient(input=lambda g, input: g * _sinc_slope(input))
