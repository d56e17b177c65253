"""Copies of the input with other values in a place that a view shows (PyTorch's `*_scatter` functions of views)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import on_its_own
from engine.ops.indices.indexing import select, slice_view
from engine.ops.layouts.copying import copy
from engine.ops.layouts.layout import clone
from engine.ops.layouts.memory_layout import memory_of, offset_of, strides_of
from engine.ops.layouts.strided import as_strided
from engine.ops.layouts.windows import diagonal

Shape = tuple[int, ...]

_copy_ = in_place(copy)


def _written(name: str, input: Any, src: Any, show: Callable[[Any], Any]) -> Any:
    result = clone(input)
    _write(name, show(result), src)
    return result


def _write(name: str, place: Any, src: Any) -> None:
    if place.shape != src.shape:
        raise RuntimeError(
            f"{name}(): expected src to have a size equal to the slice of self that it replaces. "
            f"src size = {list(src.shape)}, slice size = {list(place.shape)}"
        )
    _copy_(place, src)


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy with `src` as the slice at one position of a dimension (torch.select_scatter)."""
    return _written("select_scatter", input, src, lambda copied: select(copied, dim, index))


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """A copy with `src` at every `step`-th position of a dimension between two bounds (torch.slice_scatter)."""
    return _written("slice_scatter", input, src, lambda copied: slice_view(copied, dim, start, end, step))


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy with `src` on a diagonal (torch.diagonal_scatter)."""
    return _written("diagonal_scatter", input, src, lambda copied: diagonal(copied, offset, dim1, dim2))


def as_strided_scatter(input: Any, src: Any, size: Shape, stride: Shape, storage_offset: int | None = None) -> Any:
    """A copy with `src` where `as_strided` shows it (torch.as_strided_scatter).

    All the memory that the input shares is copied, and the result lies in it as the input does.
    """
    if input.array is None:
        return _written("as_strided_scatter", input, src, lambda copied: as_strided(copied, size, stride))
    first = offset_of(input.array)
    memory = clone(as_strided(input, (memory_of(input.array).size,), (1,), 0))
    place = as_strided(memory, size, stride, first if storage_offset is None else storage_offset)
    _write("as_strided_scatter", place, src)
    return on_its_own(as_strided(memory, input.shape, strides_of(input.array), first))
