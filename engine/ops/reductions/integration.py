"""Differences between neighbours along a dimension, and areas under the curve that they bound."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import on_its_own
from engine.backend.dtype import bool_
from engine.ops.dimensions import wrap_dim
from engine.ops.elementwise.comparison import logical_xor
from engine.ops.indices.indexing import narrow
from engine.ops.layouts.joining import cat
from engine.ops.layouts.layout import clone
from engine.ops.reductions.cumulative import cumsum


def _neighbours(input: Any, dim: int) -> tuple[Any, Any]:
    """All elements but the last along a dimension, and all but the first."""
    pairs = max(input.shape[dim] - 1, 0)
    return narrow(input, dim, 0, pairs), narrow(input, dim, input.shape[dim] - pairs, pairs)


def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Later minus earlier neighbour along `dim`, n times over; of bools whether they differ (torch.diff).

    `prepend` and `append` are joined to the input first; raises RuntimeError where they have another rank.
    """
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    place = wrap_dim(dim, input.ndim)
    for each in (prepend, append):
        if each is not None and each.ndim != input.ndim:
            raise RuntimeError(
                "diff expects prepend or append to be the same dimension as input: "
                f"shapes {list(each.shape)} and {list(input.shape)}"
            )
    if n == 0:
        return clone(input)
    parts = tuple(each for each in (prepend, input, append) if each is not None)
    result = cat(parts, place) if len(parts) > 1 else input
    for _ in range(min(n, result.shape[place])):
        earlier, later = _neighbours(result, place)
        result = logical_xor(later, earlier) if result.dtype is bool_ else later - earlier
    return clone(result) if result is input else on_its_own(result)


def _widths(name: str, y: Any, x: Any, dim: int) -> Any:
    """The distances between sample points, so that they broadcast against `y` with one element less along `dim`."""
    if bool_ in (x.dtype, y.dtype):
        raise RuntimeError(f"{name}: received a bool input for `x` or `y`, but bool is not supported")
    if x.ndim == 1:
        if x.shape[0] != y.shape[dim]:
            raise RuntimeError(
                f"{name}: There must be one `x` value for each sample point: "
                f"x has shape {list(x.shape)}, dimension {dim} of y {y.shape[dim]} elements"
            )
        x = x.reshape(tuple(-1 if place == dim else 1 for place in range(y.ndim)))
    elif x.ndim < y.ndim:
        x = x.reshape((1,) * (y.ndim - x.ndim) + tuple(x.shape))
    left, right = _neighbours(x, dim)
    return right - left


def _spacing(name: str, x: Any, dx: Any) -> Any:
    if x is not None and dx is not None:
        raise TypeError(f"{name}() takes the sample points x or their distance dx, not both")
    return 1 if dx is None else dx


def trapezoid(y: Any, x: Any = None, *, dx: float | None = None, dim: int = -1) -> Any:
    """The area under `y` along `dim` by the trapezoidal rule, at points `x` or `dx` (1) apart (torch.trapezoid)."""
    step = _spacing("trapezoid", x, dx)
    place = wrap_dim(dim, y.ndim)
    if not y.shape[place]:
        return y.sum(place).to(y.dtype)
    if x is not None:
        width = _widths("trapezoid", y, x, place)
        left, right = _neighbours(y, place)
        return (width * (left + right)).sum(place) / 2
    if y.dtype is bool_:
        raise RuntimeError("trapezoid: received a bool input for `y`, but bool is not supported")
    return (y.sum(place) - (y.select(place, 0) + y.select(place, -1)) * 0.5) * step


trapz = trapezoid


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float | None = None, dim: int = -1) -> Any:
    """The area under `y` up to each sample point but the first (torch.cumulative_trapezoid)."""
    step = _spacing("cumulative_trapezoid", x, dx)
    place = wrap_dim(dim, y.ndim)
    if x is not None:
        width = _widths("cumulative_trapezoid", y, x, place)
        left, right = _neighbours(y, place)
        return cumsum(width * (left + right), place) / 2
    if y.dtype is bool_:
        raise RuntimeError("cumulative_trapezoid: received a bool input for `y`, but bool is not supported")
    left, right = _neighbours(y, place)
    return cumsum((left + right) * (step / 2), place)
