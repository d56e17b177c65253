"""Creation of ranges: numbers a step apart, evenly spaced numbers and powers, and the positions of triangles."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from engine.backend.dtype import BOOL, INTEGER, dtype, get_default_dtype, int64
from engine.creation.data import tensor
from engine.ops.layouts import filling
from engine.tensors import Tensor
from engine.tensors.making import target_device, template
from engine.tensors.options import chosen, dense, number_of, ready


@dense
def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """start, start + step, ... below end; int64 if all are whole; raises RuntimeError for a bad step (torch.arange)."""
    start, end, step = map(number_of, (start, end, step))
    start, end = (0, start) if end is None else (start, end)
    whole = all(isinstance(each, int | np.integer) for each in (start, end, step))
    kind = chosen(dtype) or (int64 if whole else get_default_dtype())
    _check_range(start, end, step, kind)
    if kind is int64:
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise ValueError("step must be nonzero, the whole part of the step given for int64 is 0")
        count = -((start - end) // step)
    else:
        count = math.ceil((end - start) / step)
        if kind.category == INTEGER:
            start, step = int(start), int(step)
    made = filling.new_range(template(Tensor, target_device(device)), start, step, count, kind)
    return ready(made, requires_grad)


def _check_range(start: float, end: float, step: float, kind: dtype) -> None:
    if kind.category == BOOL:
        raise NotImplementedError("arange() is not implemented for bool")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if step == 0:
        raise RuntimeError(f"step must be nonzero, got {step} from {start} to {end}")
    if (end - start) * step < 0:
        raise RuntimeError(f"upper bound and lower bound inconsistent with step sign: from {start} to {end} by {step}")


@dense
def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers from start to end, both included, evenly spaced (torch.linspace)."""
    kind, where = chosen(dtype) or get_default_dtype(), target_device(device)
    first, last, step, count = _spacing("linspace", start, end, steps)
    return ready(filling.new_linspace(template(Tensor, where), first, last, step, count, kind), requires_grad)


@dense
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The base to the powers of `steps` evenly spaced numbers from start to end (torch.logspace)."""
    kind, where = chosen(dtype) or get_default_dtype(), target_device(device)
    first, last, step, count = _spacing("logspace", start, end, steps)
    made = filling.new_logspace(template(Tensor, where), first, last, step, count, float(base), kind)
    return ready(made, requires_grad)


def _spacing(name: str, start: Any, end: Any, steps: Any) -> tuple[float, float, float, int]:
    for label, each in (("start", start), ("end", end)):
        if isinstance(each, Tensor) and each.ndim:
            raise RuntimeError(
                f"{name} only supports 0-dimensional start and end tensors, but got {label} with {each.ndim} "
                f"dimension(s): {list(each.shape)}"
            )
    first, last, count = float(number_of(start)), float(number_of(end)), operator.index(steps)
    if count < 0:
        raise RuntimeError(f"number of steps must be non-negative, got {count}")
    return first, last, (last - first) / (count - 1) if count > 1 else 0.0, count


@dense
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = int64, device: Any = None) -> Tensor:
    """The rows and columns of a matrix's lower triangle, two rows of int64 (torch.tril_indices)."""
    return tensor(np.stack(np.tril_indices(row, offset, col)), dtype=dtype, device=device)


@dense
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = int64, device: Any = None) -> Tensor:
    """The rows and columns of a matrix's upper triangle, two rows of int64 (torch.triu_indices)."""
    return tensor(np.stack(np.triu_indices(row, offset, col)), dtype=dtype, device=device)
