"""Free strides: any sizes and steps over the memory that a tensor shares, and the way back."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.backend.scatter import add_at
from engine.ops.layouts.memory_layout import memory_of, offset_of, strides_of

Shape = tuple[int, ...]
# Sizes, strides and the place of the first element, counted in elements of one memory.
Geometry = tuple[Shape, Shape, int]


def as_strided(input: Any, size: Shape, stride: Shape, storage_offset: int | None = None) -> Any:
    """Any sizes and strides over the memory of the input, counted from its start; a view (torch.as_strided).

    The first element is the input's own by default. Raises RuntimeError where the memory ends before the last one.
    """
    array = input.array
    own, first = (row_major(input.shape), 0) if array is None else (strides_of(array), offset_of(array))
    start = 0 if storage_offset is None else storage_offset - first
    if storage_offset is not None and storage_offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {storage_offset}")
    return strided_view(input, tuple(size), tuple(stride), start, own)


def row_major(shape: Shape) -> Shape:
    """The strides of a contiguous tensor."""
    strides = [1]
    for length in reversed(shape[1:]):
        strides.append(strides[-1] * max(length, 1))
    return tuple(reversed(strides)) if shape else ()


def _strided_shape(input: Spec, size: Shape, stride: Shape, start: int, own: Shape) -> Spec:
    if len(size) != len(stride):
        raise RuntimeError(f"mismatch in length of strides and shape: {len(stride)} strides for {len(size)} sizes")
    if any(each < 0 for each in (*size, *stride)):
        raise RuntimeError(
            f"as_strided: Negative sizes and strides are not supported, got size {list(size)}, stride {list(stride)}"
        )
    return Spec(size, input.dtype)


@op(shape=_strided_shape, types="keep", view=True)
def strided_view(input: Array, size: Shape, stride: Shape, start: int, own: Shape) -> Any:
    """Sizes and strides over the input's memory, `start` elements after its first one; `own` are its strides."""
    _strided_shape(input, size, stride, start, own)
    memory, offset = memory_of(input), offset_of(input) + start
    needed = 0 if 0 in size else offset + 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if needed > memory.size or offset < 0:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset} require {needed} "
            f"elements and are out of bounds for storage of {memory.size} elements"
        )
    steps = [step * input.itemsize for step in stride]
    return xp(input).lib.stride_tricks.as_strided(memory[offset:], size, steps)


def _places(space: Any, geometry: Geometry) -> Any:
    size, stride, start = geometry
    places = space.full(size, start, "int64")
    for dim, (length, step) in enumerate(zip(size, stride, strict=True)):
        along = [1] * len(size)
        along[dim] = length
        places += (space.arange(length) * step).reshape(along)
    return places


def _last(geometry: Geometry) -> int:
    size, stride, start = geometry
    return start + sum(max(length - 1, 0) * step for length, step in zip(size, stride, strict=True))


@op(shape=lambda input, source, target, shared: Spec(target[0], input.dtype), types="keep", complex="holomorphic")
def carry_over(input: Array, source: Geometry, target: Geometry, shared: Geometry) -> Any:
    """The input added to an empty memory at the places of `source` and read at those of `target`.

    What lies at a place that `shared` shows several times is divided among them.
    """
    space = xp(input)
    first = min(source[2], target[2])
    written, read, counted = (_places(space, each) - first for each in (source, target, shared))
    length = 1 + max(map(_last, (source, target, shared))) - first
    memory = space.zeros(length, input.dtype)
    add_at(memory, written, input)
    counts = space.zeros(length, "int32")
    add_at(counts, counted, space.ones_like(counted, dtype="int32"))
    memory /= space.maximum(counts, 1).astype(input.dtype)
    return memory[read]


carry_over.gradient(input=lambda g, source, target, shared: carry_over(g, target, source, shared))


def _strided_gradient(g: Any, shape_of_input: Shape, size: Shape, stride: Shape, start: int, own: Shape) -> Any:
    place = (shape_of_input, own, 0)
    return carry_over(g, (size, stride, start), place, place)


strided_view.gradient(input=_strided_gradient)
