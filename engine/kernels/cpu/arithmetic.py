"""Sums, differences, products and quotients of large arrays, and of one with a row, a column or a number."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.broadcasting import WRITTEN_OUT, as_row, column_length, is_number, row_length
from engine.kernels.cpu.chunks import CHUNK
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.kernel import Kernel

# NumPy adds as fast on one thread; with a launch and the way to it two threads gain from so many elements on.
LEAST = 1 << 18

ADD, SUBTRACT, MULTIPLY, DIVIDE = range(4)


# All in one function: the threads' loop around it takes longer to compile than all of them.
@compiled
def _combine(operation: int, y: Any, a: Any, b: Any) -> None:
    if operation == ADD:
        for place in range(y.size):
            y[place] = a[place] + b[place]
    elif operation == SUBTRACT:
        for place in range(y.size):
            y[place] = a[place] - b[place]
    elif operation == MULTIPLY:
        for place in range(y.size):
            y[place] = a[place] * b[place]
    else:
        for place in range(y.size):
            y[place] = a[place] / b[place]


@compiled
def _combine_rows(operation: int, y: Any, a: Any, b: Any, length: int, first: int, last: int) -> None:
    for row in range(first, last):
        start, stop = row * length, min(row * length + length, y.size)
        left = a[start:stop] if a.size == y.size else a[: stop - start]
        right = b[start:stop] if b.size == y.size else b[: stop - start]
        _combine(operation, y[start:stop], left, right)


@parallel
def _combine_rows_in_parallel(operation: int, y: Any, a: Any, b: Any, length: int, rows: int) -> None:
    total = (y.size + length - 1) // length
    for chunk in prange((total + rows - 1) // rows):
        _combine_rows(operation, y, a, b, length, chunk * rows, min(chunk * rows + rows, total))


@compiled
def _combine_number(operation: int, y: Any, a: Any, number: Any) -> None:
    if operation == ADD:
        for place in range(y.size):
            y[place] = a[place] + number
    elif operation == SUBTRACT:
        for place in range(y.size):
            y[place] = a[place] - number
    else:
        for place in range(y.size):
            y[place] = a[place] * number


@compiled
def _combine_column(operation: int, y: Any, a: Any, b: Any, length: int, first: int, last: int) -> None:
    for row in range(first, last):
        start, stop = row * length, row * length + length
        _combine_number(operation, y[start:stop], a[start:stop], b[row % b.size])


@parallel
def _combine_column_in_parallel(operation: int, y: Any, a: Any, b: Any, length: int, rows: int) -> None:
    total = y.size // length
    for chunk in prange((total + rows - 1) // rows):
        _combine_column(operation, y, a, b, length, chunk * rows, min(chunk * rows + rows, total))


def _combined(
    operation: int, outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    y, (a, b) = outputs[0].reshape(-1), inputs
    length, in_rows = _layout(a, b)
    rows = max(1, CHUNK // length)
    if in_rows:
        written = scratch.view(np.float32)
        _combine_rows_in_parallel(operation, y, as_row(a, written), as_row(b, written), length, rows)
    else:
        large, small = (a, b) if a.size == y.size else (b, a)
        _combine_column_in_parallel(operation, y, large.reshape(-1), small.reshape(-1), length, rows)


def _layout(a: Any, b: Any) -> tuple[int, bool]:
    """The length of the rows to work in, 0 if there are none, and whether operands lie in rows or one is a column."""
    large, small = (b, a) if is_number(a) or (not is_number(b) and b.size > a.size) else (a, b)
    if is_number(large) or not is_plain(large) or not large.size:
        return 0, False
    length = row_length(large.shape, small)
    return (length, True) if length else (column_length(large.shape, small), False)


def _takes(operation: int, inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    a, b = inputs
    length, in_rows = _layout(a, b)
    if in_rows or not length:
        return length > 0
    return operation in (ADD, MULTIPLY) or (operation == SUBTRACT and a.size > b.size)


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return 4 * WRITTEN_OUT if any(map(is_number, inputs)) else 0


def _kernel(operation: int) -> Kernel:
    return Kernel(partial(_combined, operation), partial(_takes, operation), _scratch, ((0, 0), (0, 1)), least=LEAST)


add, sub, mul, div = map(_kernel, (ADD, SUBTRACT, MULTIPLY, DIVIDE))
