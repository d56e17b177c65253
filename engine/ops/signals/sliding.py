"""Windows that slide over the last dimensions of an array: where they lie and what they see."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from engine.backend.namespace import xp

Shape = tuple[int, ...]


def each_dim(name: str, given: Any, rank: int) -> Shape:
    """One number for all dimensions, or one for each; raises RuntimeError for another count."""
    values = tuple(given) if isinstance(given, tuple | list) else (given,) * rank
    values = values * rank if len(values) == 1 else values
    if len(values) != rank:
        raise RuntimeError(f"{name} must either be a single int, or a tuple of {rank} ints, got {given}")
    return values


def kernel_and_stride(kernel_size: Any, stride: Any, rank: int) -> tuple[Shape, Shape]:
    """The kernel's lengths and the distances of windows, which are the kernel's lengths if none are given."""
    kernel = each_dim("kernel_size", kernel_size, rank)
    return kernel, kernel if stride is None or stride == () else each_dim("stride", stride, rank)


def reach(kernel: int, dilation: int) -> int:
    """How many elements a window spans, from its first to its last."""
    return dilation * (kernel - 1) + 1


def window_count(
    length: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """How many windows fit; with `ceil_mode` also the last, cut one, if it starts before the end of the input."""
    free = length + 2 * padding - reach(kernel, dilation)
    count = (-(-free // stride) if ceil_mode else free // stride) + 1
    if ceil_mode and (count - 1) * stride >= length + padding:
        count -= 1
    return count


def padded(input: Any, before: Shape, after: Shape, fill: float = 0) -> Any:
    """The array with `fill` around its last dimensions: itself where nothing is added."""
    if not any(before) and not any(after):
        return input
    edges = [(0, 0)] * (input.ndim - len(before)) + list(zip(before, after, strict=True))
    return xp(input).pad(input, edges, constant_values=fill)


def places(kernel_size: Shape) -> Iterator[Shape]:
    """All places in a window, row by row."""
    return itertools.product(*map(range, kernel_size))


def seen_from(place: Shape, stride: Shape, dilation: Shape, counts: Shape, first: Shape | None = None) -> Any:
    """The index, into the padded last dimensions, of what `counts` windows see at one place in them.

    `first` is the number of the first window along each dimension, 0 by default.
    """
    starts = (0,) * len(place) if first is None else first
    return (
        ...,
        *(
            slice(spread * each + start * step, spread * each + (start + count - 1) * step + 1, step)
            for each, spread, count, step, start in zip(place, dilation, counts, stride, starts, strict=True)
        ),
    )


class Windows:
    """Windows at equal distances over an array, with `fill` around it."""

    def __init__(
        self, input: Any, fill: float, kernel_size: Shape, stride: Shape, padding: Shape, dilation: Shape, counts: Shape
    ) -> None:
        self.lengths = input.shape[-len(counts) :]
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self.counts = counts
        needed = (
            (count - 1) * step + reach(kernel, spread)
            for count, step, kernel, spread in zip(counts, stride, kernel_size, dilation, strict=True)
        )
        after = tuple(
            max(0, need - length - pad) for pad, need, length in zip(padding, needed, self.lengths, strict=True)
        )
        self.padded = padded(input, padding, after, fill)

    def at(self, place: Shape) -> Any:
        """The elements at one place of all windows, as a view."""
        return self.padded[seen_from(place, self.stride, self.dilation, self.counts)]

    def positions(self, place: Shape) -> Any:
        """Where those elements lie in the flattened last dimensions of the input."""
        namespace = xp(self.padded)
        total: Any = 0
        for axis, each in enumerate(place):
            first = self.dilation[axis] * each - self.padding[axis]
            along = first + self.stride[axis] * namespace.arange(self.counts[axis])
            if each == 0 and first < 0:
                along = namespace.where(along < 0, along % self.dilation[axis], along)
            trailing = (1,) * (len(place) - 1 - axis)
            total = total + (along * math.prod(self.lengths[axis + 1 :])).reshape(-1, *trailing)
        return total


class ScatteredWindows:
    """Windows whose starts and sizes differ: arrays for each of the last dimensions, broadcasting to the result."""

    def __init__(self, input: Any, starts: list[Any], sizes: list[Any], kernel_size: Shape) -> None:
        self.input, self.starts, self.sizes, self.kernel_size = input, starts, sizes, kernel_size

    def at(self, place: Shape) -> Any:
        """The elements at one place of all windows; smaller windows repeat their last one."""
        rank = len(self.kernel_size)
        leading = self.input.shape[:-rank]
        flat = self.input.reshape(*leading, math.prod(self.input.shape[-rank:]))
        positions = self.positions(place)
        if positions.ndim == rank:
            return flat.take(positions, axis=-1)
        taken = xp(flat).take_along_axis(flat, positions.reshape(*leading, math.prod(positions.shape[-rank:])), -1)
        return taken.reshape(*leading, *positions.shape[-rank:])

    def positions(self, place: Shape) -> Any:
        """Where those elements lie in the flattened last dimensions of the input."""
        namespace = xp(self.input)
        rank = len(place)
        total: Any = 0
        for axis, (each, start, size) in enumerate(zip(place, self.starts, self.sizes, strict=True)):
            step = math.prod(self.input.shape[self.input.ndim - rank + axis + 1 :])
            total = total + (start + namespace.minimum(each, size - 1)) * step
        return total
