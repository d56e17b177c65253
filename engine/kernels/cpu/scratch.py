"""What kernels do with the memory that they are lent."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.jit import address, compiled

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


def spread(target: Any, given: Any, otherwise: float) -> Any:
    """What is given as often as fills `target`, or is itself where it is as long; None stands for one value."""
    if given is None:
        _fill(target, float(otherwise))
    elif given.size == target.size:
        return given.reshape(-1)
    else:
        _repeat(target, given)
    return target


@compiled
def _fill(target: Any, value: float) -> None:
    target[:] = value


@compiled
def _repeat(target: Any, given: Any) -> None:
    for start in range(0, target.size, given.size):
        for i in range(given.size):
            target[start + i] = given[i]


def _padded(size: int) -> int:
    return -(-size // _VALUES) * _VALUES
