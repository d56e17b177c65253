"""Derivatives of functions that are known at points: differences between neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops.dimensions import wrap_dim
from engine.ops.indices.indexing import narrow
from engine.ops.layouts.joining import concat

Dims = tuple[int, ...]


def gradient(input: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """The derivative along each of `dim`, all by default, from differences of second order (torch.gradient).

    `spacing` is the distance of points, 1 by default, one for each dimension or for all, or coordinates as tensors.
    At the edges the differences are one-sided, of order `edge_order`, 1 or 2. Raises RuntimeError for what doesn't fit.
    """
    dims = tuple(range(input.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if edge_order not in (1, 2):
        raise RuntimeError(f"torch.gradient only supports edge_order=1 and edge_order=2, got {edge_order}.")
    places = tuple(wrap_dim(each, input.ndim) for each in dims)
    if len(set(places)) != len(places):
        raise RuntimeError(f"dim {places[0]} appears multiple times in the list of dims {list(dims)}")
    for place in places:
        if input.shape[place] < edge_order + 1:
            raise RuntimeError(
                "torch.gradient expected each dimension size to be at least edge_order+1: "
                f"shape {list(input.shape)}, dimension {place}, edge_order {edge_order}"
            )
    steps = _steps(input, spacing, places, given=dim is not None)
    return tuple(_along(input, place, step, edge_order) for place, step in zip(places, steps, strict=True))


def _steps(input: Any, spacing: Any, places: Dims, given: bool) -> list[Any]:
    """For each dimension the distance of points, or a tensor of all distances between neighbours."""
    if isinstance(spacing, TensorBase) and spacing.ndim:
        spacing = [spacing]
    if not isinstance(spacing, Sequence):
        return [1 if spacing is None else spacing] * len(places)
    if len(spacing) != len(places):
        raise RuntimeError(
            f"torch.gradient expected spacing to be unspecified, a scalar, or a list of length {len(places)}, one for "
            f"each dimension {list(places) if given else 'of the input'}, but got a list of length {len(spacing)}"
        )
    return [_distances(input, each, place) for each, place in zip(spacing, places, strict=True)]


def _distances(input: Any, coordinates: Any, place: int) -> Any:
    if not isinstance(coordinates, TensorBase) or not coordinates.ndim:
        return coordinates
    if coordinates.ndim != 1 or coordinates.shape[0] != input.shape[place]:
        raise RuntimeError(
            "torch.gradient expected each element of spacing to have one dimension and the length of the input "
            f"{list(input.shape)} along dimension {place}, but got {list(coordinates.shape)}"
        )
    return coordinates.diff().reshape((-1,) + (1,) * (input.ndim - 1 - place))  # type: ignore[attr-defined]


def _along(input: Any, dim: int, step: Any, edge_order: int) -> Any:
    count = input.shape[dim]
    before, after = _parts(step, 0, count - 2), _parts(step, 1, count - 2)
    inner = _weighted(
        [narrow(input, dim, start, count - 2) for start in range(3)] if count > 2 else [], *_central(before, after)
    )
    first, last = _edge(input, dim, step, edge_order, 0), _edge(input, dim, step, edge_order, count - 1)
    return concat([each for each in (first, inner, last) if each is not None], dim)


def _parts(step: Any, start: int, count: int) -> Any:
    """The distances `start` and after, of as many points; a single one stands for all."""
    if not isinstance(step, TensorBase) or not step.ndim:
        return step
    return narrow(step, 0, start, count)


def _central(before: Any, after: Any) -> tuple[Any, Any, Any]:
    """What neighbour, point and neighbour weigh in the derivative at a point between unequal distances."""
    both = before + after
    return -after / (before * both), (after - before) / (before * after), before / (after * both)


def _weighted(values: list[Any], *weights: Any) -> Any:
    total = None
    for value, weight in zip(values, weights, strict=False):
        total = value * weight if total is None else total + value * weight
    return total


def _edge(input: Any, dim: int, step: Any, order: int, place: int) -> Any:
    """The derivative at the first or last point, of the line or the parabola through the points next to it."""
    inward = 1 if place == 0 else -1
    values = [narrow(input, dim, place + inward * each, 1) for each in range(order + 1)]
    steps = input.shape[dim] - 1
    near = _parts(step, 0 if place == 0 else steps - 1, 1) * inward
    if order == 1:
        return (values[1] - values[0]) / near
    far = _parts(step, 1 if place == 0 else steps - 2, 1) * inward
    both = near + far
    return _weighted(values, -(near + both) / (near * both), both / (near * far), -near / (far * both))
