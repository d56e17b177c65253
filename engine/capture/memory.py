"""Memory for a plan: values that are never needed at the same time share a place."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

# A cache line, and a vector of AVX-512.
ALIGNMENT = 64


class Need(NamedTuple):
    """So many bytes from one step to another, both included."""

    size: int
    first: int
    last: int


def laid_out(needs: Sequence[Need]) -> tuple[list[int], int]:
    """An offset for each need, and the bytes of all: the largest first, each in the lowest gap in its time.

    Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020), greedy by size.
    """
    offsets = [0] * len(needs)
    placed: list[int] = []
    total = 0
    for number in sorted(range(len(needs)), key=lambda each: (-needs[each].size, needs[each].first)):
        need = needs[number]
        rivals = [each for each in placed if needs[each].first <= need.last and need.first <= needs[each].last]
        offset = 0
        for rival in sorted(rivals, key=offsets.__getitem__):
            if offset + need.size <= offsets[rival]:
                break
            offset = max(offset, aligned(offsets[rival] + needs[rival].size))
        offsets[number] = offset
        placed.append(number)
        total = max(total, aligned(offset + need.size))
    return offsets, total


def aligned(size: int) -> int:
    """The next multiple of the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def arena(size: int) -> memoryview:
    """Uninitialised bytes that begin on a cache line.

    Not an array: an array over it keeps itself alive through its views, so that its holders can be counted.
    """
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.__array_interface__["data"][0] % ALIGNMENT
    return memory[start : start + size].data


class Layout(NamedTuple):
    """Shape, type and order in memory (outermost dimension first) of an array without gaps."""

    shape: tuple[int, ...]
    dtype: Any
    order: tuple[int, ...]

    @property
    def size(self) -> int:
        """Its bytes."""
        return int(prod(self.shape) * self.dtype.itemsize)

    @property
    def is_plain(self) -> bool:
        """Whether it is in row-major order."""
        return self.order == tuple(range(len(self.order)))

    def over(self, memory: memoryview, offset: int) -> Any:
        """An array of this layout over memory."""
        ordered = tuple(self.shape[dimension] for dimension in self.order)
        if not self.size:
            return np.empty(self.shape, self.dtype)
        array = np.ndarray(ordered, self.dtype, memory, offset)
        back = tuple(sorted(range(len(ordered)), key=self.order.__getitem__))
        return array if back == tuple(range(len(back))) else array.transpose(back)


def layout_of(array: Any) -> Layout | None:
    """The layout of an array; None for one with gaps or with elements that share memory."""
    order = tuple(sorted(range(array.ndim), key=lambda dimension: -abs(array.strides[dimension])))
    if array.flags.c_contiguous:
        order = tuple(range(array.ndim))
    elif not array.transpose(order).flags.c_contiguous:
        return None
    return Layout(array.shape, array.dtype, order)
