"""Signs and steps of each element, and angles in the plane of complex numbers."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast
from engine.backend.dtype import as_dtype, bool_
from engine.backend.namespace import xp
from engine.ops.elementwise.arithmetic import sign
from engine.ops.elementwise.exponential import floating
from engine.ops.elementwise.selection import masked


def sgn(input: Any) -> Any:
    """The sign of a real number (torch.sgn)."""
    return sign(input)


def positive(input: Any) -> Any:
    """The input itself; raises RuntimeError for bools (torch.positive)."""
    if input.dtype is bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


def _same_types(input: Spec, values: Spec) -> Spec:
    _check_same_types(input, values)
    return broadcast(input, values)


@op(shape=_same_types, types="keep", differentiable=False)
def heaviside(input: Array, values: Array) -> Any:
    """0 below zero, `values` at zero, 1 above; raises RuntimeError for unlike types (torch.heaviside)."""
    _check_same_types(input, values)
    return xp(input).where(input == 0, values, (input > 0).astype(input.dtype))


def _check_same_types(input: Any, values: Any) -> None:
    if input.dtype != values.dtype:
        raise RuntimeError(
            "heaviside is not yet implemented for tensors with different dtypes: "
            f"input has {as_dtype(input.dtype)}, values has {as_dtype(values.dtype)}"
        )


def _angle_shape(input: Spec) -> Spec:
    return Spec(input.shape, floating(input).dtype.to_real())


@op(shape=_angle_shape, types="floating", complex="own")
def angle(input: Array) -> Any:
    """The angle in (-π, π] at which a complex number lies; of real ones π for negative, 0 for others (torch.angle)."""
    if input.dtype.kind == "c":
        return xp(input).arctan2(input.imag, input.real)
    half_turn = xp(input).where(input < 0, math.pi, 0.0).astype(input.dtype)
    return xp(input).where(xp(input).isnan(input), input, half_turn)


def _angle_gradient(g: Any, input: Any) -> Any:
    """Of z = x + iy it is i / z*: the slopes along x and y are -y / |z|² and x / |z|², zero at zero."""
    if not input.dtype.is_complex:
        return g.new_zeros(g.shape)
    return masked(g * (1j / input.conj()), input.abs() > 0)


angle.gradient(input=_angle_gradient)
