"""Filling: new arrays from numbers alone, made beside an input that only says where."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype
from engine.backend.namespace import xp


@op(
    shape=lambda input, size, fill_value, dtype: Spec(size, dtype),
    types="keep",
    differentiable=False,
    complex="holomorphic",
    filling=True,
)
def new_full(input: Array, size: tuple[int, ...], fill_value: float, dtype: dtype) -> Any:
    """A new array of one value on the input's device (torch.Tensor.new_full)."""
    return xp(input).full(size, fill_value, dtype.numpy)


@op(
    shape=lambda input, start, step, count, dtype: Spec((count,), dtype),
    types="keep",
    differentiable=False,
    filling=True,
)
def new_range(input: Array, start: float, step: float, count: int, dtype: dtype) -> Any:
    """start, start + step, ...: `count` numbers on the input's device (what torch.arange makes)."""
    counted = xp(input).arange(count, dtype="int64" if type(start) is type(step) is int else "float64")
    return (start + step * counted).astype(dtype.numpy)


@op(
    shape=lambda input, rows, columns, dtype: Spec((rows, columns), dtype),
    types="keep",
    differentiable=False,
    filling=True,
)
def new_eye(input: Array, rows: int, columns: int, dtype: dtype) -> Any:
    """Ones on the diagonal, zeros elsewhere, on the input's device (what torch.eye makes)."""
    return xp(input).eye(rows, columns, dtype=dtype.numpy)


@op(
    shape=lambda input, start, end, step, steps, dtype: Spec((steps,), dtype),
    types="keep",
    differentiable=False,
    filling=True,
)
def new_linspace(input: Array, start: float, end: float, step: float, steps: int, dtype: dtype) -> Any:
    """Evenly spaced numbers counted from both ends, so that both are met exactly (what torch.linspace makes)."""
    return _spaced(xp(input), start, end, step, steps).astype(dtype.numpy)


@op(
    shape=lambda input, start, end, step, steps, base, dtype: Spec((steps,), dtype),
    types="keep",
    differentiable=False,
    filling=True,
)
def new_logspace(input: Array, start: float, end: float, step: float, steps: int, base: float, dtype: dtype) -> Any:
    """The base to the powers of evenly spaced numbers (what torch.logspace makes)."""
    space = xp(input)
    return space.power(base, _spaced(space, start, end, step, steps)).astype(dtype.numpy)


def _spaced(space: Any, start: float, end: float, step: float, steps: int) -> Any:
    number = space.arange(steps, dtype="float64")
    return space.where(number < steps / 2, start + step * number, end - step * (steps - 1 - number))
