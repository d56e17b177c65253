"""Rows of a table by their numbers, and rows added up by their numbers: each number's rows one after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import INT64, is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST, SERIAL
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.kernel import Kernel


@compiled
def _extremes(numbers: Any) -> Any:
    lowest = highest = numbers[0]
    for place in range(1, numbers.size):
        lowest, highest = min(lowest, numbers[place]), max(highest, numbers[place])
    return lowest, highest


@compiled
def _take(y: Any, table: Any, numbers: Any, start: int, stop: int) -> None:
    for place in range(start, stop):
        number = numbers[place]
        for column in range(table.shape[1]):
            y[place, column] = table[number, column]


@parallel
def _take_in_parallel(y: Any, table: Any, numbers: Any, rows: int) -> None:
    for chunk in prange((numbers.size + rows - 1) // rows):
        _take(y, table, numbers, chunk * rows, min(chunk * rows + rows, numbers.size))


@compiled
def _sort(numbers: Any, skipped: int, ends: Any, order: Any) -> None:
    """The places of each number, in rising order: those of number n end at ends[n], where those of n + 1 start."""
    ends[:] = 0
    for place in range(numbers.size):
        ends[numbers[place]] += numbers[place] != skipped
    total = 0
    for number in range(ends.size):
        total, ends[number] = total + ends[number], total
    for place in range(numbers.size):
        number = numbers[place]
        if number != skipped:
            order[ends[number]] = place
            ends[number] += 1


@compiled
def _add_rows(y: Any, x: Any, order: Any, ends: Any, first: int, last: int) -> None:
    start = ends[first - 1] if first else 0
    for number in range(first, last):
        y[number] = 0
        for place in range(start, ends[number]):
            source = order[place]
            for column in range(x.shape[1]):
                y[number, column] += x[source, column]
        start = ends[number]


@compiled
def _first_beyond(ends: Any, work: int) -> int:
    """The number from which on more than `work` rows, read and written, have been passed."""
    low, high = 0, ends.size
    while low < high:
        middle = (low + high) // 2
        if ends[middle] + middle < work:
            low = middle + 1
        else:
            high = middle
    return low


@parallel
def _add_rows_in_parallel(y: Any, x: Any, order: Any, ends: Any, pieces: int) -> None:
    work = ends.size + ends[-1]
    for piece in prange(pieces):
        first = _first_beyond(ends, piece * work // pieces)
        last = _first_beyond(ends, (piece + 1) * work // pieces) if piece + 1 < pieces else ends.size
        _add_rows(y, x, order, ends, first, last)


def out_of_range(number: int, rows: int) -> IndexError:
    """The refusal of a row number that a table does not have."""
    return IndexError(f"index out of range in self: row {number} of a table of {rows} rows")


def _embedded(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (output,), (table, indices) = outputs, inputs
    numbers = _checked(indices, table.shape[0], scratch)
    y = output.reshape(numbers.size, table.shape[1])
    if y.size > SERIAL:
        _take_in_parallel(y, table, numbers, max(1, CHUNK // table.shape[1]))
    else:
        _take(y, table, numbers, 0, numbers.size)


def _added(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (y,), (input, indices), (length, padding_idx) = outputs, inputs, attributes
    numbers = _checked(indices, length, scratch)
    _, ends, order = np.split(scratch.view(np.int64), (-length - numbers.size, -numbers.size))
    _sort(numbers, int(padding_idx), ends, order)
    x = input.reshape(numbers.size, y.shape[1])
    pieces = (x.size + y.size) // CHUNK
    if pieces > 1:
        _add_rows_in_parallel(y, x, order, ends, pieces)
    else:
        _add_rows(y, x, order, ends, 0, length)


def _checked(indices: Any, rows: int, scratch: Any) -> Any:
    """The row numbers side by side, each of which the table has; IndexError else."""
    if indices.flags.c_contiguous:
        numbers = indices.reshape(-1)
    else:
        numbers = scratch[: indices.nbytes].view(np.int64)
        numbers.reshape(indices.shape)[...] = indices
    lowest, highest = _extremes(numbers)
    if lowest < 0 or highest >= rows:
        raise out_of_range(lowest if lowest < 0 else highest, rows)
    return numbers


def _copied_bytes(indices: Any) -> int:
    return 0 if indices.flags.c_contiguous else int(indices.nbytes)


def _takes_embedding(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    table, indices = inputs
    # NumPy copies short rows faster than a loop does.
    return is_plain(table) and table.shape[1] >= 16 and indices.size * table.shape[1] >= LEAST and _are_numbers(indices)


def _takes_rows(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    input, indices = inputs
    return is_plain(input) and _are_numbers(indices)


def _are_numbers(indices: Any) -> bool:
    return indices.dtype == INT64 and indices.size > 0 and bool(indices.flags.aligned)


# Rows and numbers may each be few: what counts is how many elements they give, which `accepts` asks.
embedding = Kernel(
    _embedded, _takes_embedding, scratch=lambda inputs, _: _copied_bytes(inputs[1]), least=math.isqrt(LEAST)
)
add_rows = Kernel(
    _added,
    _takes_rows,
    scratch=lambda inputs, attributes: 8 * (attributes[0] + inputs[1].size) + _copied_bytes(inputs[1]),
    least=LEAST,
)
