"""Arithmetic, elementwise with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.promotion import NUMBER_KINDS, number_dtype, result_dtype
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast, same
from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import BOOL, INTEGER, bool_, dtype, int64
from engine.backend.namespace import xp
from engine.kernels.cpu import arithmetic as kernels
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_bool, refuse_whole


@op(shape=broadcast, complex="holomorphic")
def add(input: Array | Number, other: Array | Number) -> Any:
    """`input + other`; of bools the logical or (torch.add)."""
    return input + other


add.gradient(input=lambda g: g, other=lambda g: g)
add.fast(cpu=kernels.add)
add.onto_output(lambda output, input, other: np.add(input, other, out=output))


@op(shape=broadcast, complex="holomorphic")
def sub(input: Array | Number, other: Array | Number) -> Any:
    """`input - other`; raises RuntimeError for bools (torch.sub)."""
    return input - other


sub.gradient(input=lambda g: g, other=lambda g: -g)
sub.fast(cpu=kernels.sub)
sub.onto_output(lambda output, input, other: np.subtract(input, other, out=output))


def _refuse_masks(name: str, compute: dtype | None, *inputs: dtype | None) -> None:
    if all(each is bool_ for each in inputs) and len(inputs) > 1:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if bool_ in inputs:
        operation = "Subtraction" if name == "sub" else "Negation"
        raise RuntimeError(
            f"{operation}, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )


sub.refuse(_refuse_masks)


@op(shape=broadcast, complex="holomorphic")
def mul(input: Array | Number, other: Array | Number) -> Any:
    """`input * other`; of bools the logical and (torch.mul)."""
    return input * other


mul.gradient(input=lambda g, other: g * other, other=lambda g, input: g * input)
mul.fast(cpu=kernels.mul)
mul.onto_output(lambda output, input, other: np.multiply(input, other, out=output))


@op(shape=broadcast, types="floating", complex="holomorphic")
def div(input: Array | Number, other: Array | Number) -> Any:
    """`input / other`; of integers a floating result (torch.div)."""
    return input / other


div.gradient(input=lambda g, other: g / other, other=lambda g, input, other: -g * (input / other / other))
div.fast(cpu=kernels.div)
div.onto_output(lambda output, input, other: np.divide(input, other, out=output))


@op(shape=same, complex="holomorphic")
def neg(input: Array) -> Any:
    """-input; raises RuntimeError for bools (torch.neg)."""
    return -input


neg.gradient(input=lambda g: -g)
neg.refuse(_refuse_masks)


@op(shape=same)
def sign(input: Array) -> Any:
    """-1, 0 or 1 by the sign of the input, 0 for NaN (torch.sign)."""
    return (input > 0) if input.dtype == bool else (input > 0).astype(input.dtype) - (input < 0).astype(input.dtype)


sign.gradient(input=lambda g: g.new_zeros(g.shape))


@op(shape=lambda input: Spec(input.shape, input.dtype.to_real()), complex="own")
def abs(input: Array) -> Any:
    """|input|, real for complex numbers too (torch.abs)."""
    return xp(input).abs(input)


abs.gradient(input=lambda g, input: g * _direction(input))


def _direction(input: Any) -> Any:
    """`input / |input|`, 0 for 0."""
    if not input.dtype.is_complex:
        return sign(input)
    length = abs(input)
    return input / length.masked_fill(length == 0, 1)


abs.refuse(refuse_bool)


@op(shape=lambda input: Spec(input.shape, int64) if input.dtype is bool_ else input, complex="holomorphic")
def square(input: Array) -> Any:
    """input²; of bools in int64 (torch.square)."""
    factor = input.astype(np.int64) if input.dtype == bool else input
    return factor * factor


square.gradient(input=lambda g, input: g * (input * 2))


@op(shape=same, types="floating", complex="holomorphic")
def reciprocal(input: Array) -> Any:
    """1 / input (torch.reciprocal)."""
    return 1 / input


reciprocal.gradient(input=lambda g, y: -g * (y * y))


def _refuse_zero(input: Any, other: Any) -> None:
    """Raise RuntimeError where whole numbers would be divided by zero; a GPU is not asked, as in PyTorch."""
    array = input if hasattr(input, "dtype") else other
    if array.dtype.kind in "iu" and isinstance(array, np.ndarray | np.generic) and not np.all(other):
        raise RuntimeError("ZeroDivisionError: integer division or remainder by zero")


def _floored(input: Any, other: Any) -> Any:
    _refuse_zero(input, other)
    return input // other


def _truncated(input: Any, other: Any) -> Any:
    _refuse_zero(input, other)
    array = input if hasattr(input, "dtype") else other
    if array.dtype.kind == "f":
        return xp(array).trunc(input / other)
    return (input - xp(array).fmod(input, other)) // other


@op(shape=broadcast, differentiable=False)
def floor_divide(input: Array | Number, other: Array | Number) -> Any:
    """`input / other` rounded down; raises RuntimeError for whole numbers by zero (torch.floor_divide)."""
    return _floored(input, other)


floor_divide.refuse(refuse_bool)


@op(shape=broadcast)
def rounded_division(input: Array | Number, other: Array | Number, rounding_mode: str) -> Any:
    """`input / other` rounded down by `floor`, towards zero by `trunc` (torch.div with rounding_mode)."""
    return _floored(input, other) if rounding_mode == "floor" else _truncated(input, other)


rounded_division.gradient(input=lambda g: g.new_zeros(g.shape), other=lambda g: g.new_zeros(g.shape))
rounded_division.refuse(refuse_bool)


def divide(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """`input / other`, rounded by `floor`, `trunc` or not at all; raises RuntimeError for others (torch.divide)."""
    if rounding_mode is None:
        return div(input, other, out=out)
    check_rounding_mode(rounding_mode)
    return rounded_division.into(out, (input, other, rounding_mode), {})


def check_rounding_mode(rounding_mode: str) -> None:
    """Raise RuntimeError for a mode that is neither `trunc` nor `floor`."""
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found {rounding_mode!r}"
        )


@op(shape=broadcast)
def remainder(input: Array | Number, other: Array | Number) -> Any:
    """What input // other leaves, with the sign of other, as Python's % (torch.remainder)."""
    _refuse_zero(input, other)
    return input % other


remainder.gradient(input=lambda g: g, other=lambda g, input, other: -g * rounded_division(input, other, "floor"))
remainder.refuse(refuse_bool)


@op(shape=broadcast)
def fmod(input: Array, other: Array | Number) -> Any:
    """What truncated division leaves, with the sign of input, as C's fmod (torch.fmod)."""
    _refuse_zero(input, other)
    return xp(input).fmod(input, other)


fmod.gradient(input=lambda g: g, other=lambda g, input, other: -g * rounded_division(input, other, "trunc"))
fmod.refuse(refuse_bool)


def _same_types(input: Spec, end: Spec, weight: Any) -> Spec:
    _check_same_types(input, end, weight)
    return broadcast(input, end, weight)


@op(shape=_same_types, types="keep", complex="holomorphic")
def lerp(input: Array, end: Array, weight: Array | Number) -> Any:
    """`input + weight * (end - input)`, exact at both ends; raises RuntimeError for unlike types (torch.lerp)."""
    _check_same_types(input, end, weight)
    start, stop = widened(input), widened(end)
    step = stop - start
    if isinstance(weight, int | float):
        return narrowed(start + weight * step if -0.5 < weight < 0.5 else stop - step * (1 - weight), input)
    share = widened(weight)
    near = xp(input).abs(share) < 0.5
    return narrowed(xp(input).where(near, start + share * step, stop - step * (1 - share)), input)


lerp.gradient(
    input=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
    weight=lambda g, input, end: g * (end - input),
)
lerp.refuse(refuse_whole)


def _check_same_types(input: Any, end: Any, weight: Any) -> None:
    for name, value in (("end", end), ("weight", weight)):
        if not isinstance(value, int | float) and value.dtype != input.dtype:
            raise RuntimeError(f"lerp expected dtype {input.dtype} for `{name}` but got dtype {value.dtype}")


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """`input + value * tensor1 * tensor2` (torch.addcmul)."""
    return add(input, scaled(input, mul(tensor1, tensor2), value))


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    """`input + value * tensor1 / tensor2` (torch.addcdiv)."""
    return add(input, scaled(input, div(tensor1, tensor2), value))


def result_type(*operands: Any) -> dtype:
    """The dtype that an operation on these tensors and numbers has (torch.result_type)."""
    tensors = [each for each in operands if isinstance(each, TensorBase)]
    values = [each for each in operands if not isinstance(each, TensorBase)]
    return result_dtype(
        [each.dtype for each in tensors if each.ndim],
        [each.dtype for each in tensors if not each.ndim],
        [_number_dtype(each) for each in values],
    )


def _number_dtype(value: Any) -> dtype:
    number = value.item() if isinstance(value, np.generic) else value
    if type(number) not in NUMBER_KINDS:
        raise TypeError(f"expected a tensor or a number, got {type(value).__name__} {value!r}")
    return number_dtype(NUMBER_KINDS[type(number)])


def scaled(input: Any, other: Any, alpha: Any) -> Any:
    """`alpha * other` in the type of a sum with `input`; raises RuntimeError for an alpha of a higher kind."""
    if type(alpha) is int and alpha == 1:
        return other
    common = result_type(input, other)
    if isinstance(alpha, bool) and common.category != BOOL:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float | np.floating) and common.category <= INTEGER:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(other, int | float | np.generic):
        return other * alpha
    if common.category == BOOL:
        return mul(other, bool(alpha))
    return mul(other.to(common), alpha)
