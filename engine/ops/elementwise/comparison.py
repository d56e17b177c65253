"""Comparison and logic, elementwise with broadcasting: what gives or works on truth values and bits."""

from __future__ import annotations

from typing import Any

from engine.autograd.modes import host_read
from engine.autograd.op import op
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast, same
from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import INTEGER, bool_, dtype, get_default_dtype
from engine.backend.namespace import using, xp
from engine.ops.refusals import refuse_bool_and_floating, refuse_floating, refuse_number


def _truths(*inputs: Any) -> Spec:
    return Spec(broadcast(*inputs).shape, bool_)


@op(shape=_truths, differentiable=False, complex="holomorphic")
def eq(input: Array, other: Array | Number) -> Any:
    """`input == other` (torch.eq)."""
    return input == other


@op(shape=_truths, differentiable=False, complex="holomorphic")
def ne(input: Array, other: Array | Number) -> Any:
    """`input != other` (torch.ne)."""
    return input != other


@op(shape=_truths, differentiable=False)
def lt(input: Array, other: Array | Number) -> Any:
    """`input < other` (torch.lt)."""
    return input < other


@op(shape=_truths, differentiable=False)
def le(input: Array, other: Array | Number) -> Any:
    """`input <= other` (torch.le)."""
    return input <= other


@op(shape=_truths, differentiable=False)
def gt(input: Array, other: Array | Number) -> Any:
    """`input > other` (torch.gt)."""
    return input > other


@op(shape=_truths, differentiable=False)
def ge(input: Array, other: Array | Number) -> Any:
    """`input >= other` (torch.ge)."""
    return input >= other


@op(shape=_truths, types="keep", differentiable=False, complex="holomorphic")
def isnan(input: Array) -> Any:
    """Whether the input is not a number (torch.isnan)."""
    return xp(input).isnan(input)


@op(shape=_truths, types="keep", differentiable=False, complex="holomorphic")
def isinf(input: Array) -> Any:
    """Whether the input is an infinity of either sign (torch.isinf)."""
    return xp(input).isinf(input)


@op(shape=_truths, types="keep", differentiable=False, complex="holomorphic")
def isfinite(input: Array) -> Any:
    """Whether the input is neither infinite nor NaN (torch.isfinite)."""
    return xp(input).isfinite(input)


@op(shape=_truths, types="keep", differentiable=False)
def logical_not(input: Array) -> Any:
    """Whether the input is zero (torch.logical_not)."""
    return xp(input).logical_not(input)


@op(shape=_truths, types="keep", differentiable=False)
def logical_and(input: Array, other: Array) -> Any:
    """Whether both are other than zero (torch.logical_and)."""
    return xp(input).logical_and(input, other)


@op(shape=_truths, types="keep", differentiable=False)
def logical_or(input: Array, other: Array) -> Any:
    """Whether any is other than zero (torch.logical_or)."""
    return xp(input).logical_or(input, other)


@op(shape=_truths, types="keep", differentiable=False)
def logical_xor(input: Array, other: Array) -> Any:
    """Whether exactly one is other than zero (torch.logical_xor)."""
    return xp(input).logical_xor(input, other)


@op(shape=same, differentiable=False)
def bitwise_not(input: Array) -> Any:
    """Each bit turned; of bools the logical not (torch.bitwise_not)."""
    return ~input


@op(shape=broadcast, differentiable=False)
def bitwise_and(input: Array | Number, other: Array | Number) -> Any:
    """The bits that both have (torch.bitwise_and)."""
    return input & other


@op(shape=broadcast, differentiable=False)
def bitwise_or(input: Array | Number, other: Array | Number) -> Any:
    """The bits that any has (torch.bitwise_or)."""
    return input | other


@op(shape=broadcast, differentiable=False)
def bitwise_xor(input: Array | Number, other: Array | Number) -> Any:
    """The bits that exactly one has (torch.bitwise_xor)."""
    return input ^ other


@op(shape=broadcast, differentiable=False)
def bitwise_left_shift(input: Array | Number, other: Array | Number) -> Any:
    """The bits moved up by `other` places; too many or a negative number leave zero (torch.bitwise_left_shift)."""
    return input << other


@op(shape=broadcast, differentiable=False)
def bitwise_right_shift(input: Array | Number, other: Array | Number) -> Any:
    """The bits moved down by `other` places, the sign moved in (torch.bitwise_right_shift)."""
    return input >> other


for _operation in (bitwise_not, bitwise_and, bitwise_or, bitwise_xor):
    _operation.refuse(refuse_floating)
for _operation in (bitwise_left_shift, bitwise_right_shift):
    _operation.refuse(refuse_bool_and_floating)


def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Whether |input - other| <= atol + rtol * |other|; raises RuntimeError for unlike types (torch.isclose)."""
    for name, given in (("input", input), ("other", other)):
        refuse_number("isclose", given, name)
    _check_tolerances(input.dtype, other.dtype, rtol, atol)
    close = eq(input, other)
    if equal_nan:
        close = logical_or(close, logical_and(isnan(input), isnan(other)))
    if rtol == 0 and atol == 0:
        return close
    compared = other.to(get_default_dtype()) if other.dtype.category <= INTEGER else other
    difference = (input.to(compared.dtype) - compared).abs()
    allowed = (compared * rtol).abs() + atol
    return logical_or(close, logical_and(isfinite(difference), difference <= allowed))


def _check_tolerances(first: dtype, second: dtype, rtol: float, atol: float) -> None:
    if first is not second:
        raise RuntimeError(f"isclose compares tensors of one dtype: {first} did not match {second}")
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose expects tolerances that are not negative, but got rtol={rtol}, atol={atol}")


def allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close, as a Python bool (torch.allclose)."""
    host_read("allclose()")
    return _all(isclose(input, other, rtol, atol, equal_nan), "allclose")


def equal(input: Any, other: Any) -> bool:
    """Whether shapes and all elements are equal, as a Python bool (torch.equal)."""
    for name, tensor in (("input", input), ("other", other)):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"equal(): argument {name!r} must be a tensor, got {type(tensor).__name__}")
    host_read("equal()")
    return input.shape == other.shape and _all(eq(input, other), "equal")


def _all(input: Any, name: str) -> bool:
    if input.array is None:
        raise RuntimeError(f"{name}() looks at values, which the meta device doesn't have")
    with using(input.device):
        return bool(input.array.all())
