"""What kernels do with the memory that they are lent."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.jit import address

# Vectors of so many bytes are read fastest where they lie in one line of the cache.
LINE = 64
_VALUES = LINE // 4


def room(*sizes: int) -> int:
    """The bytes of arrays of so many float32 each, every one at the start of a cache line."""
    return LINE + sum(4 * _padded(size) for size in sizes)


def carve(scratch: Any, *sizes: int) -> list[Any]:
    """Arrays of so many float32 each, cut out of the `room` for them."""
    start = -address(scratch) % LINE
    values = scratch[start : start + sum(4 * _padded(size) for size in sizes)].view(np.float32)
    arrays, start = [], 0
    for size in sizes:
        arrays.append(values[start : start + size])
        start += _padded(size)
    return arrays


def filled(array: Any, spare: Any, value: float) -> Any:
    """An array as it is, in one dimension; for None, `spare` with the same value everywhere."""
    if array is not None:
        return array.reshape(-1)
    spare.fill(value)
    return spare


def _padded(size: int) -> int:
    return -(-size // _VALUES) * _VALUES
