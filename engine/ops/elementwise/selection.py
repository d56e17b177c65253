"""Selection: one of several values for each element."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.promotion import NUMBER_KINDS, number_dtype, result_dtype
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast, broadcast_shapes, specs_of
from engine.backend.dtype import as_dtype, bool_, dtype
from engine.backend.namespace import xp
from engine.kernels.cpu import selection as kernels


def _check_condition(name: str, given: dtype) -> None:
    if given is not bool_:
        raise RuntimeError(f"{name} expected condition to be a boolean tensor, but got a tensor with dtype {given}")


@op(shape=broadcast, types="keep", complex="holomorphic")
def masked(input: Array, keep: Array) -> Any:
    """The input where the boolean `keep` holds, zero elsewhere, whatever the input is there: NaN times zero is NaN."""
    _check_condition("masked", as_dtype(keep.dtype))
    if not isinstance(input, np.ndarray | np.generic) or input.dtype.itemsize > 8:
        return xp(input).where(keep, input, input.dtype.type(0))
    # And-ing with all ones or none takes a tenth of the time of numpy.where.
    bits = f"i{input.dtype.itemsize}"
    return (input.view(bits) & np.negative(keep.view("i1"))).view(input.dtype)


masked.gradient(input=lambda g, keep: masked(g, keep), keep=None)
masked.fast(cpu=kernels.masked)


def _common_dtype(input: Any, other: Any) -> dtype:
    """The dtype of two values that are promoted already: an array's own, or what two numbers give."""
    for value in (input, other):
        if hasattr(value, "dtype"):
            return as_dtype(value.dtype)
    return result_dtype((), (), [number_dtype(NUMBER_KINDS[type(value)]) for value in (input, other)])


def _where_shape(condition: Spec, input: Any, other: Any) -> Spec:
    _check_condition("where", as_dtype(condition.dtype))
    return Spec(
        broadcast_shapes(*(spec.shape for spec in specs_of((condition, input, other)))), _common_dtype(input, other)
    )


@op(shape=_where_shape, promoting=("input", "other"), complex="holomorphic")
def where(condition: Array, input: Array | Number, other: Array | Number) -> Any:
    """The input where the boolean condition holds, other elsewhere (torch.where)."""
    _check_condition("where", as_dtype(condition.dtype))
    chosen = xp(condition).where(condition, input, other)
    return chosen.astype(_common_dtype(input, other).numpy, copy=False)


where.gradient(
    condition=None,
    input=lambda g, condition: masked(g, condition),
    other=lambda g, condition: masked(g, condition.logical_not()),
)
where.fast(cpu=kernels.where)


@op(shape=broadcast)
def maximum(input: Array, other: Array) -> Any:
    """The larger of two, NaN where either is NaN (torch.maximum)."""
    return xp(input).maximum(input, other)


@op(shape=broadcast)
def minimum(input: Array, other: Array) -> Any:
    """The smaller of two, NaN where either is NaN (torch.minimum)."""
    return xp(input).minimum(input, other)


def _shared_at_ties(g: Any, first: Any, second: Any) -> Any:
    return where(first == second, g / 2, g)


maximum.gradient(
    input=lambda g, input, other: masked(_shared_at_ties(g, input, other), (input < other).logical_not()),
    other=lambda g, input, other: masked(_shared_at_ties(g, input, other), (input > other).logical_not()),
)
minimum.gradient(
    input=lambda g, input, other: masked(_shared_at_ties(g, input, other), (input > other).logical_not()),
    other=lambda g, input, other: masked(_shared_at_ties(g, input, other), (input < other).logical_not()),
)


def _clamp_shape(input: Spec, min: Any, max: Any) -> Spec:
    _check_bounds(min, max)
    return broadcast(input, min, max)


@op(shape=_clamp_shape)
def clamp(input: Array, min: Array | Number | None = None, max: Array | Number | None = None) -> Any:
    """min(max(input, min), max), NaN where any is NaN; raises RuntimeError without any bound (torch.clamp)."""
    _check_bounds(min, max)
    raised = input if min is None else xp(input).maximum(input, min)
    return raised if max is None else xp(input).minimum(raised, max)


def _check_bounds(min: Any, max: Any) -> None:
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")


@clamp.gradients
def _clamp_gradients(g: Any, input: Any, min: Any, max: Any, needs: tuple[bool, ...]) -> tuple[Any, Any, Any]:
    crossed = None if min is None or max is None else _greater(min, max)
    to_input = masked(g, _inside(input, min, max)) if needs[0] else None
    to_min = masked(g, _and_not(input < min, crossed)) if needs[1] else None
    to_max = masked(g, _or(input > max, crossed)) if needs[2] else None
    return to_input, to_min, to_max


def _inside(input: Any, min: Any, max: Any) -> Any:
    if max is None:
        return input >= min
    return input <= max if min is None else (input >= min).logical_and(input <= max)


def _greater(min: Any, max: Any) -> Any:
    return max < min if isinstance(min, int | float) else min > max


def _and_not(condition: Any, crossed: Any) -> Any:
    return condition if crossed is None else condition.logical_and(crossed.logical_not())


def _or(condition: Any, crossed: Any) -> Any:
    return condition if crossed is None else condition.logical_or(crossed)


def clamp_min(input: Any, min: Any) -> Any:
    """max(input, min) (torch.clamp_min)."""
    return clamp(input, min)


def clamp_max(input: Any, max: Any) -> Any:
    """min(input, max) (torch.clamp_max)."""
    return clamp(input, None, max)


def _fill_shape(input: Spec, value: Any) -> Spec:
    if isinstance(value, Spec) and value.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions: {value.shape}"
        )
    return input


@op(shape=_fill_shape, types="keep", complex="holomorphic")
def fill(input: Array, value: Array | Number) -> Any:
    """`value`, a number or a 0-d tensor, everywhere in the input's shape and type (torch.fill)."""
    filled = xp(input).empty_like(input)
    _fill_over(filled, value)
    return filled


@fill.in_place
def _fill_over(input: Any, value: Any) -> None:
    if getattr(value, "ndim", 0):
        _fill_shape(Spec(input.shape, as_dtype(input.dtype)), Spec(value.shape, as_dtype(value.dtype)))
    try:
        input[...] = value
    except OverflowError as error:
        raise RuntimeError(f"value {value} cannot be converted to type {input.dtype} without overflow") from error


fill.gradient(input=lambda g: g.new_zeros(g.shape), value=lambda g: g)
