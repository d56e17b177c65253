"""Floating-point numbers taken apart and put together: sign, mantissa, exponent and neighbours."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.promotion import to_floating
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast
from engine.backend.dtype import FLOATING, as_dtype, bool_, int32
from engine.backend.namespace import xp
from engine.ops.elementwise.power import pow
from engine.ops.elementwise.selection import masked
from engine.ops.refusals import refuse_complex, refuse_number, refuse_whole
from engine.ops.return_types import shown_as


@op(shape=lambda input: Spec(input.shape, bool_), types="keep", differentiable=False)
def signbit(input: Array) -> Any:
    """Whether the sign is negative, that of -0.0 too (torch.signbit)."""
    return xp(input).signbit(input) if input.dtype.kind == "f" else input < 0


def _floating_pair(input: Spec, other: Any) -> Spec:
    both = broadcast(input, other)
    return Spec(both.shape, to_floating(both.dtype))


@op(shape=_floating_pair, types="floating")
def copysign(input: Array, other: Array | Number) -> Any:
    """|input| with the sign of `other`, where zeros have signs as well (torch.copysign)."""
    return xp(input).copysign(input, other)


copysign.gradient(
    input=lambda g, input, y: g * masked(y / input, input != 0),
    other=lambda g: g.new_zeros(g.shape),
)


@op(shape=broadcast)
def nextafter(input: Array, other: Array) -> Any:
    """The next number that the type can hold from the input towards `other` (torch.nextafter)."""
    return xp(input).nextafter(input, other)


nextafter.gradient(input=lambda g, input, other: masked(g, input != other), other=lambda g: g.new_zeros(g.shape))
nextafter.refuse(refuse_whole)


@shown_as("frexp")
class Parts(NamedTuple):
    """mantissa * 2**exponent is the number; the mantissa lies in (-1, -1/2] or [1/2, 1), or is zero."""

    mantissa: Any
    exponent: Any


def _parts_shape(input: Spec) -> tuple[Spec, Spec]:
    if as_dtype(input.dtype).category != FLOATING:
        raise RuntimeError(f"torch.frexp() only supports floating-point dtypes, got {as_dtype(input.dtype)}")
    return input, Spec(input.shape, int32)


@op(shape=_parts_shape, types="keep", nondifferentiable=("exponent",))
def frexp(input: Array) -> Parts:
    """Mantissa and exponent in int32; raises RuntimeError for other than floating-point numbers (torch.frexp)."""
    _parts_shape(input)
    mantissa, exponent = xp(input).frexp(input)
    return Parts(mantissa, exponent.astype("int32", copy=False))


frexp.gradient(input=lambda g_mantissa, exponent: g_mantissa / exponent.exp2())


def ldexp(input: Any, other: Any) -> Any:
    """`input * 2**other` (torch.ldexp)."""
    refuse_number("ldexp", input)
    refuse_number("ldexp", other, "other")
    return input * pow(2.0, other)


def float_power(input: Any, exponent: Any) -> Any:
    """The input to the power `exponent`, both as float64 (torch.float_power)."""
    refuse_complex("float_power", input, exponent)
    if isinstance(input, int | float):
        refuse_number("float_power", exponent, "exponent")
    return pow(_as_double(input), _as_double(exponent))


def _as_double(value: Any) -> Any:
    return float(value) if isinstance(value, int | float) else value.double()
