"""Sums and means over rows, columns and everything, in pieces that sizes alone decide and that are added in order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import FLOAT32, is_plain
from engine.kernels.cpu.chunks import CHUNK, SERIAL
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.kernel import Kernel

# NumPy adds as fast on one thread; with a launch and the way to it two threads gain from so many elements on.
LEAST = 1 << 17

# Shorter rows are NumPy's.
LEAST_ROW = 16

# Columns are added up in blocks of at least so many rows, so that what blocks give is little beside what they read.
LEAST_BLOCK = 64

Shape = tuple[int, ...]


@compiled
def _add_up(x: Any) -> Any:
    total = np.float32(0)
    for place in range(x.size):
        total += x[place]
    return total


@compiled
def _add_up_pieces(found: Any, x: Any, length: int, first: int, last: int) -> None:
    """The sums of pieces, of which each row of `length` elements has CHUNK after CHUNK, and what is left."""
    pieces = (length + CHUNK - 1) // CHUNK
    for piece in range(first, last):
        row, number = piece // pieces, piece % pieces
        start = row * length + number * CHUNK
        found[piece] = _add_up(x[start : min(start + CHUNK, row * length + length)])


@parallel
def _add_up_pieces_in_parallel(found: Any, x: Any, length: int, together: int) -> None:
    for chunk in prange((found.size + together - 1) // together):
        _add_up_pieces(found, x, length, chunk * together, min(chunk * together + together, found.size))


@compiled
def _gather_pieces(y: Any, found: Any, pieces: int, count: int) -> None:
    """Each row's pieces added up in double precision, of all rows that go to one result, over `count`."""
    rows = found.size // pieces
    for kept in range(y.size):
        total = 0.0
        for row in range(kept, rows, y.size):
            for piece in range(row * pieces, row * pieces + pieces):
                total += found[piece]
        y[kept] = total / count


@compiled
def _add_up_block(found: Any, x: Any) -> None:
    """The sums of the columns of a block of rows."""
    found[:] = 0
    rows = x.shape[0] // 4 * 4
    for row in range(0, rows, 4):
        for column in range(found.size):
            pair, other = x[row, column] + x[row + 1, column], x[row + 2, column] + x[row + 3, column]
            found[column] += pair + other
    for row in range(rows, x.shape[0]):
        for column in range(found.size):
            found[column] += x[row, column]


@parallel
def _add_up_blocks_in_parallel(found: Any, x: Any, rows: int) -> None:
    blocks = found.shape[1]
    for task in prange(found.shape[0] * blocks):
        outer, block = task // blocks, task % blocks
        _add_up_block(found[outer, block], x[outer, block * rows : min(block * rows + rows, x.shape[1])])


@compiled
def _gather_blocks(y: Any, found: Any, count: int) -> None:
    for outer in range(y.shape[0]):
        for column in range(y.shape[1]):
            y[outer, column] = found[outer, 0, column]
        for block in range(1, found.shape[1]):
            for column in range(y.shape[1]):
                y[outer, column] += found[outer, block, column]
        for column in range(y.shape[1]):
            y[outer, column] /= np.float32(count)


def add_up_rows(y: Any, x: Any, length: int, count: int, scratch: Any) -> None:
    """The sums of rows of `length` elements over `count`, of every y.size-th row together; flat arrays."""
    pieces = -(-length // CHUNK)
    found = scratch.view(np.float32)
    if x.size > SERIAL:
        _add_up_pieces_in_parallel(found, x, length, max(1, CHUNK // length))
    else:
        _add_up_pieces(found, x, length, 0, found.size)
    _gather_pieces(y, found, pieces, count)


def row_bytes(size: int, length: int) -> int:
    """The scratch memory of `add_up_rows`."""
    return 4 * (size // length) * -(-length // CHUNK)


def _block_rows(columns: int) -> int:
    return max(LEAST_BLOCK, CHUNK // columns)


def _parts(shape: Shape, dim: Any) -> list[tuple[bool, int]]:
    """The dimensions put together where neighbours are both added up or both kept: whether it is, and the length."""
    rank = len(shape)
    given = range(rank) if dim is None or dim == () else (dim,) if isinstance(dim, int) else dim
    reduced = {each % rank for each in given}
    parts: list[tuple[bool, int]] = []
    for place, length in enumerate(shape):
        if length != 1 and parts and parts[-1][0] == (place in reduced):
            parts[-1] = parts[-1][0], parts[-1][1] * length
        elif length != 1:
            parts.append((place in reduced, length))
    return parts


def _filled(mean: bool, outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: Any, scratch: Any) -> None:
    (y,), (x,) = outputs, inputs
    parts = _parts(x.shape, attributes[0])
    count = math.prod(length for reduced, length in parts if reduced) if mean else 1
    if parts[-1][0]:
        add_up_rows(y.reshape(-1), x.reshape(-1), parts[-1][1], count, scratch)
        return
    columns, summed = parts[-1][1], parts[-2][1]
    outers, rows = x.size // (columns * summed), _block_rows(columns)
    found = scratch.view(np.float32).reshape(outers, -1, columns)
    _add_up_blocks_in_parallel(found, x.reshape(outers, summed, columns), rows)
    _gather_blocks(y.reshape(outers, columns), found, count)


def _takes(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    (x,), (dim, _, dtype) = inputs, attributes
    if not is_plain(x) or x.size < SERIAL or (dtype is not None and dtype.numpy != FLOAT32):
        return False
    parts = _parts(x.shape, dim)
    kinds = tuple(reduced for reduced, _ in parts)
    return parts[-1][1] >= LEAST_ROW and kinds in (
        (True,),
        (False, True),
        (True, False),
        (True, False, True),
        (False, True, False),
    )


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    shape, parts = inputs[0].shape, _parts(inputs[0].shape, attributes[0])
    if parts[-1][0]:
        return row_bytes(math.prod(shape), parts[-1][1])
    blocks = -(-parts[-2][1] // _block_rows(parts[-1][1]))
    return 4 * (math.prod(shape) // parts[-2][1]) * blocks


def _sum(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    _filled(False, outputs, inputs, attributes, scratch)


def _mean(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    _filled(True, outputs, inputs, attributes, scratch)


sum = Kernel(_sum, _takes, _scratch, least=LEAST)
mean = Kernel(_mean, _takes, _scratch, least=LEAST)
