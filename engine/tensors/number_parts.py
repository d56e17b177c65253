"""Tensor's looks into numbers: signs, exponents, divisors, infinities, degrees."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import float64
from engine.ops.elementwise import angles, floating_point, integers, not_a_number, sign
from engine.tensors.forms import both_forms, composed_forms, method

_float_power, _float_power_ = composed_forms(floating_point.float_power)


class NumberParts(TensorBase):
    """Tensor's looks into numbers."""

    __slots__ = ()

    signbit = method(floating_point.signbit)
    copysign, copysign_ = both_forms(floating_point.copysign)
    nextafter, nextafter_ = both_forms(floating_point.nextafter)
    frexp = method(floating_point.frexp)
    ldexp, ldexp_ = composed_forms(floating_point.ldexp)
    float_power = _float_power

    def float_power_(self, exponent: Any) -> Any:
        """Raise to a power in place; raises RuntimeError for other types than float64 (torch.Tensor.float_power_)."""
        if self.dtype is not float64:
            raise RuntimeError(
                f"the base given to float_power_ has dtype {self.dtype} but the operation's result requires float64"
            )
        return _float_power_(self, exponent)

    sgn, sgn_ = composed_forms(sign.sgn)
    heaviside, heaviside_ = both_forms(sign.heaviside)
    angle = method(sign.angle)

    def positive(self) -> Any:
        """The tensor itself; raises RuntimeError for bools (torch.Tensor.positive)."""
        return sign.positive(self)

    fmax, fmin = method(not_a_number.fmax), method(not_a_number.fmin)
    isposinf, isneginf = method(not_a_number.isposinf), method(not_a_number.isneginf)
    isreal, _ = composed_forms(not_a_number.isreal)
    nan_to_num, nan_to_num_ = both_forms(not_a_number.nan_to_num)

    gcd, gcd_ = both_forms(integers.gcd)
    lcm, lcm_ = both_forms(integers.lcm)

    hypot, hypot_ = both_forms(angles.hypot)
    deg2rad, deg2rad_ = composed_forms(angles.deg2rad)
    rad2deg, rad2deg_ = composed_forms(angles.rad2deg)
