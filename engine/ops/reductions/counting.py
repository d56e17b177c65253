"""What is found by counting: distinct values, how often each number comes, where values belong in an order."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import NUMBER_KINDS, number_dtype, result_dtype
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.dtype import BOOL, FLOATING, int32, int64
from engine.backend.namespace import xp
from engine.ops.dimensions import wrap_dim
from engine.ops.indices.masking import at_home, check_data
from engine.ops.precision import narrowed, widened


def _sliced_dim(input: Any, dim: int | None) -> int | None:
    if dim is not None and not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return None if dim is None else wrap_dim(dim, input.ndim)


@at_home
def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The distinct values in order, whatever `sorted` says; with `dim` the distinct slices along it (torch.unique).

    Also where each element went (`return_inverse`), how often each value came (`return_counts`); each NaN is distinct.
    """
    check_data("unique", input)
    array = input.array
    axis = _sliced_dim(input, dim)
    # CuPy sorts no bfloat16.
    values, inverse, counts = xp(array).unique(
        widened(array), return_inverse=True, return_counts=True, axis=axis, equal_nan=False
    )
    inverse = inverse.reshape(array.shape if axis is None else -1)
    asked = [narrowed(values, array)] + [inverse] * return_inverse + [counts] * return_counts
    results = tuple(wrap(input.result_class, each) for each in asked)
    return results if len(results) > 1 else results[0]


def _runs(rows: Any) -> Any:
    """Where in a table of rows a row begins that differs from the one before."""
    differs = (rows[1:] != rows[:-1]).any(axis=1)
    return xp(rows).concatenate((xp(rows).ones(min(1, len(rows)), bool), differs))


@at_home
def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The first of each run of equal elements, or of equal slices along `dim` (torch.unique_consecutive).

    Also which run each element is in (`return_inverse`) and how long the runs are (`return_counts`).
    """
    check_data("unique_consecutive", input)
    array, space = input.array, xp(input.array)
    axis = _sliced_dim(input, dim)
    slices = array.reshape(-1) if axis is None else space.moveaxis(array, axis, 0)
    if axis is not None and 0 in slices.shape[1:]:
        raise RuntimeError(
            "unique_consecutive(): there are 0 sized dimensions, and they aren't selected by `dim`: "
            f"shape {list(input.shape)}, dim {dim}"
        )
    begins = _runs(slices.reshape(len(slices), math.prod(slices.shape[1:])))
    values = slices[begins]
    if axis is not None:
        values = space.ascontiguousarray(space.moveaxis(values, 0, axis))
    inverse = (begins.cumsum() - 1).reshape(array.shape if axis is None else -1)
    ends = space.concatenate((space.nonzero(begins)[0], space.full(1, len(slices))))
    asked = [values] + [inverse] * return_inverse + [ends[1:] - ends[:-1]] * return_counts
    results = tuple(wrap(input.result_class, each) for each in asked)
    return results if len(results) > 1 else results[0]


@at_home
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number from 0 comes, or the sum of its weights (torch.bincount)."""
    if input.dtype.category in (BOOL, FLOATING):
        raise NotImplementedError(f"bincount counts integers, got {input.dtype}; convert it with .to(dtype)")
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0, got {minlength}")
    check_data("bincount", input)
    array = input.array
    if array.ndim != 1 or (array.size and array.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(input.result_class, xp(array).bincount(array, minlength=minlength).astype("int64", copy=False))
    if weights.shape != input.shape:
        raise RuntimeError(
            f"weights should be 1-d and have the same length as input: {weights.shape} and {input.shape}"
        )
    kind = "float32" if weights.dtype.name == "float32" else "float64"
    counted = xp(array).bincount(array, weights=weights.array.astype("float64"), minlength=minlength)
    return wrap(input.result_class, counted.astype(kind))


def _places_shape(sorted_sequence: Spec, values: Spec, out_int32: bool, right: bool) -> Spec:
    rows = sorted_sequence.shape[:-1]
    if sorted_sequence.ndim > 1 and rows != values.shape[:-1]:
        raise RuntimeError(
            "searchsorted(): boundaries should have 1 dimension, or all but the last as the values have, "
            f"but we got boundaries of shape {list(sorted_sequence.shape)} "
            f"and values of shape {list(values.shape)}"
        )
    return Spec(values.shape, int32 if out_int32 else int64)


@op(shape=_places_shape, differentiable=False)
def places_in_order(sorted_sequence: Array, values: Array, out_int32: bool, right: bool) -> Any:
    """Where values belong in a sorted sequence, or row by row in several."""
    namespace = xp(values)
    side = "right" if right else "left"
    kind = "int32" if out_int32 else "int64"
    if sorted_sequence.ndim == 1:
        return namespace.searchsorted(sorted_sequence, values, side=side).astype(kind, copy=False)
    _places_shape(Spec(sorted_sequence.shape, int64), Spec(values.shape, int64), out_int32, right)
    places = namespace.empty(values.shape, kind)
    for row in namespace.ndindex(*values.shape[:-1]):
        places[row] = namespace.searchsorted(sorted_sequence[row], values[row], side=side)
    return places


def _in_order(sequence: Any, sorter: Any) -> Any:
    """A sequence in the order that `sorter`, positions along its last dimension, says."""
    if sorter.shape != sequence.shape:
        raise RuntimeError(
            "searchsorted(): boundary and sorter must have the same size, "
            f"but got boundaries of shape {list(sequence.shape)} and a sorter of shape {list(sorter.shape)}"
        )
    if sorter.dtype is not int64:
        raise RuntimeError(f"searchsorted(): sorter must be a tensor of int64, but got {sorter.dtype}")
    try:
        return sequence.detach().gather(-1, sorter)
    except IndexError as error:
        raise RuntimeError(f"searchsorted(): sorter {error}") from error


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Where values belong in a sorted sequence: before equal ones, or after them if `right` (torch.searchsorted).

    A sequence that is not in order comes with a `sorter`, which argsort gives.
    """
    if side not in (None, "left", "right"):
        raise RuntimeError(f"searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    if not isinstance(input, TensorBase):
        if sorted_sequence.ndim != 1:
            raise RuntimeError(
                "searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, "
                f"but we got boundaries of shape {list(sorted_sequence.shape)}"
            )
        kind = result_dtype([sorted_sequence.dtype], [], [number_dtype(NUMBER_KINDS[type(input)])])
        input = sorted_sequence.new_full((), input, dtype=kind)
    if not sorted_sequence.ndim:
        raise RuntimeError("searchsorted(): boundaries should have at least 1 dimension, but got a 0-d tensor")
    ordered = sorted_sequence if sorter is None else _in_order(sorted_sequence, sorter)
    return places_in_order(ordered, input, out_int32, right or side == "right")


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """The number of the bucket between boundaries that each element falls in (torch.bucketize)."""
    if boundaries.ndim != 1:
        raise RuntimeError(
            f"bucketize(): boundaries tensor must be 1 dimension, but got shape {list(boundaries.shape)}"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
