"""Histograms: how many elements fall between the edges of each bin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.autograd.modes import host_read
from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.dtype import FLOATING, as_dtype, dtype
from engine.backend.namespace import xp
from engine.backend.scatter import counted
from engine.ops.indices.masking import at_home
from engine.ops.refusals import refuse_whole
from engine.ops.return_types import shown_as


@shown_as("histogram")
class Histogram(NamedTuple):
    """How many elements each bin holds, and where the bins begin and end."""

    hist: Any
    bin_edges: Any


def _check_bins(bins: int, dim: int = 0) -> None:
    if bins <= 0:
        raise RuntimeError(f"histogram: bins must be > 0, but got {bins} for dimension {dim}")


def _check_finite(name: str, low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"{name}: range of [{low}, {high}] is not finite")


def _histc_shape(input: Spec, bins: int, min: float, max: float) -> Spec:
    _check_bins(bins)
    if min > max:
        raise RuntimeError(f"histc: max must be larger than min, got min {min} and max {max}")
    _check_finite("histc", min, max)
    return Spec((bins,), input.dtype)


@op(shape=_histc_shape, types="keep", differentiable=False)
def histc(input: Array, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements fall into each of `bins` equal parts of [min, max], of their own range if both are equal.

    What lies outside, and NaN, is left out; in the input's type (torch.histc).
    """
    _histc_shape(Spec(input.shape, as_dtype(input.dtype)), bins, min, max)
    low, high = float(min), float(max)
    if low == high and input.size:
        low, high = float(input.min()), float(input.max())
        _check_finite("histc", low, high)
    if low == high:
        low, high = low - 1, high + 1
    values = input.reshape(-1)
    inside = (values >= low) & (values <= high)
    values = xp(input).where(inside, values, values.dtype.type(low))
    places = ((values - values.dtype.type(low)) * bins / values.dtype.type(high - low)).astype("int64")
    # What lies outside is counted beyond the last bin.
    return counted(xp(input).where(inside, places.clip(0, bins - 1), bins), bins + 1)[:bins].astype(input.dtype)


histc.refuse(refuse_whole)


def _ends(values: Any, dim: int, span: Any) -> tuple[float, float]:
    """Where the first bin begins and the last one ends: as asked, or where the elements do."""
    if span is not None:
        low, high = float(span[0]), float(span[1])
    elif values.size:
        low, high = float(values.min()), float(values.max())
    else:
        low, high = 0.0, 1.0
    _check_finite(f"histogramdd: dimension {dim}", low, high)
    if low > high:
        raise RuntimeError(f"histogramdd: min should not exceed max, but got min {low} max {high} for dimension {dim}")
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _edges(values: Any, bins: Any, dim: int, span: Any) -> Any:
    """The edges of one dimension's bins: as given, or `bins` of equal width, counted from the nearer end."""
    if isinstance(bins, TensorBase):
        if bins.ndim != 1:
            raise RuntimeError(
                f"histogramdd: bins tensor should have one dimension, but got {bins.ndim} for dimension {dim}"
            )
        if bins.dtype is not as_dtype(values.dtype):
            raise RuntimeError(
                "histogramdd: input tensor and bins tensors should have the same dtype, "
                f"but got {as_dtype(values.dtype)} and {bins.dtype} for dimension {dim}"
            )
        _check_bins(bins.shape[0] - 1, dim)
        return bins.array
    _check_bins(bins, dim)
    # In the elements' own type, as PyTorch counts: an element may lie on an edge.
    low, high = map(values.dtype.type, _ends(values, dim, span))
    steps = xp(values).arange(bins + 1).astype(values.dtype)
    step = (high - low) / values.dtype.type(bins)
    edges = xp(values).where(steps < (bins + 1) // 2, low + step * steps, high - step * (bins - steps))
    return edges.astype(values.dtype)


def _bin_of(values: Any, edges: Any) -> tuple[Any, Any]:
    """The number of the bin that each element falls in, the last one closed on both sides; and whether in any."""
    place = xp(values).searchsorted(edges, values, side="right") - 1
    last = len(edges) - 2
    inside = (values >= edges[0]) & (values <= edges[-1])
    return place.clip(0, last), inside


def _check_input(name: str, given: dtype, shape: tuple[int, ...], weight: Any) -> None:
    if given.category != FLOATING:
        raise NotImplementedError(f'"{name}" not implemented for {given}; convert its input with .to(dtype) first')
    if weight is None:
        return
    if weight.dtype is not given:
        raise RuntimeError(
            "histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same dtype, "
            f"but got input of {given} and weight of {weight.dtype}"
        )
    if weight.shape != shape:
        raise RuntimeError(
            "histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            f"excluding its innermost dimension, but got {list(weight.shape)} for {list(shape)}"
        )


def _filled(points: Any, edges: Sequence[Any], weight: Any, density: bool) -> Any:
    """How many points, the last dimension of an array, or how much of their weight lies in each bin."""
    space = xp(points)
    shape = tuple(len(each) - 1 for each in edges)
    place, inside = space.zeros(len(points), "int64"), space.ones(len(points), bool)
    for column, each in enumerate(edges):
        found, fits = _bin_of(space.ascontiguousarray(points[:, column]), each)
        place, inside = place * shape[column] + found, inside & fits
    weights = None if weight is None else weight.reshape(-1)[inside].astype("float64")
    counted = space.bincount(place[inside], weights=weights, minlength=math.prod(shape)).reshape(shape)
    if density:
        counted = counted / counted.sum()
        for column, each in enumerate(edges):
            widths = (each[1:] - each[:-1]).reshape([-1 if axis == column else 1 for axis in range(len(shape))])
            counted = counted / widths
    return counted.astype(points.dtype)


def _bins_of_each(bins: Any, dims: int) -> Sequence[Any]:
    if not isinstance(bins, Sequence):
        return [bins] * dims
    if len(bins) != dims:
        raise RuntimeError(
            f"histogramdd: The size of bins must be equal to the innermost dimension of the input, "
            f"got {len(bins)} for {dims}"
        )
    return bins


@at_home
def histogramdd(
    input: Any, bins: Any, *, range: Sequence[float] | None = None, weight: Any = None, density: bool = False
) -> Histogram:
    """How many points, the input's last dimension, fall into each box of a grid (torch.histogramdd).

    `bins` is a number, or one for each dimension, or the edges of each as tensors; `range` are the ends of each
    dimension in turn, by default the points' own. `weight` is summed instead of counted; `density` divides by the sum
    and the boxes' volumes.
    """
    host_read("histogramdd(), whose edges depend on values")
    if input.ndim < 2:
        raise RuntimeError(
            f"histogramdd: input tensor should have at least 2 dimensions, but got shape {list(input.shape)}"
        )
    dims = input.shape[-1]
    _check_input("histogramdd", input.dtype, input.shape[:-1], weight)
    each_bins = _bins_of_each(bins, dims)
    if range is not None and len(range) != 2 * dims:
        raise RuntimeError(
            f"histogramdd: for a {dims}-dimensional histogram range should have {2 * dims} elements, "
            f"but got {len(range)}"
        )
    points = input.array.reshape(-1, dims)
    edges = [
        _edges(points[:, dim], each, dim, None if range is None else range[2 * dim : 2 * dim + 2])
        for dim, each in enumerate(each_bins)
    ]
    counted = _filled(points, edges, None if weight is None else weight.array, density)
    family = input.result_class
    return Histogram(wrap(family, counted), tuple(wrap(family, each) for each in edges))


def histogram(
    input: Any, bins: Any = 100, *, range: Sequence[float] | None = None, weight: Any = None, density: bool = False
) -> Histogram:
    """How many elements fall into each bin; `bins` is a number or the edges as a tensor (torch.histogram)."""
    if range is not None and isinstance(bins, TensorBase):
        raise TypeError("histogram() takes a range only with a number of bins, and bins were given as edges")
    if weight is not None and weight.shape != input.shape:
        _check_input("histogramdd", input.dtype, input.shape, weight)
    flat = None if weight is None else weight.reshape((-1,))
    hist, edges = histogramdd(input.reshape((-1, 1)), [bins], range=range, weight=flat, density=density)
    return Histogram(hist, edges[0])
