"""Products of float32 matrices by tiles that stay in registers, from panels packed so that they are read in order.

Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008). The left matrix is cut into panels of
ROWS rows, [panel][depth][ROWS], the right one into panels of COLUMNS columns, [panel][depth][COLUMNS], both filled up
with zeros. Addresses and strides are in bytes. Every element is added up along the depth in one order, however the
work is cut.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.cpu.jit import compiled, inlined
from engine.kernels.cpu.vectors import (
    BYTES,
    COLUMNS,
    LANES,
    ROWS,
    copy_left,
    copy_right,
    copy_vector,
    load_single,
    multiply_tile,
    store_single,
    transpose_left,
    transpose_right,
)

# So many columns of the left matrix are multiplied before the next: a panel of the right one then fits a first-level
# cache, and DEPTH · PANELS · ROWS of the left one a second-level cache.
DEPTH = 384
PANELS = 12


@inlined
def panels(count: int, width: int) -> int:
    """How many panels hold `count` rows or columns."""
    return (count + width - 1) // width


@inlined
def moved(start: int, offset: int) -> int:
    """An address that stands for zeros when it is 0, and so stays 0."""
    return start + offset if start else start


@compiled
def _pack_columns(source: int, column_stride: int, rows: int, depth: int, target: int) -> None:
    """Pack whole panels of a matrix whose columns are contiguous, column by column, as they lie in memory."""
    for place in range(depth - 1):
        begin, panel = source + place * column_stride, target + place * ROWS * BYTES
        for first in range(0, rows, ROWS):
            copy_vector(begin + first * BYTES, panel + first * depth * BYTES)
    # Nothing too much is written at a panel's end, where the next one begins.
    begin, panel = source + (depth - 1) * column_stride, target + (depth - 1) * ROWS * BYTES
    for first in range(0, rows, ROWS):
        copy_left(begin + first * BYTES, panel + first * depth * BYTES)


@compiled
def pack_left(source: int, row_stride: int, column_stride: int, rows: int, depth: int, target: int) -> None:
    """Pack [rows, depth]; up to LANES float32 behind the last panel are overwritten too."""
    addresses = np.empty(ROWS, np.intp)
    ready = 0
    if row_stride == BYTES:
        # Whole vectors are copied where the next rows lie: what they write too much is written over.
        ready = max(0, rows - LANES + ROWS) // ROWS * ROWS
        _pack_columns(source, column_stride, ready, depth, target)
    for first in range(ready, rows, ROWS):
        held = min(ROWS, rows - first)
        panel = target + first * depth * BYTES
        begin = source + first * row_stride
        done = 0
        if held == ROWS and column_stride == BYTES:
            for row in range(ROWS):
                addresses[row] = begin + row * row_stride
            while done + LANES <= depth:
                transpose_left(addresses.ctypes.data, done * BYTES, panel + done * ROWS * BYTES)
                done += LANES
        for place in range(done, depth):
            for row in range(held):
                value = load_single(begin + row * row_stride + place * column_stride)
                store_single(panel + (place * ROWS + row) * BYTES, value)
            for row in range(held, ROWS):
                store_single(panel + (place * ROWS + row) * BYTES, np.float32(0))


@compiled
def pack_right(source: int, row_stride: int, column_stride: int, depth: int, columns: int, target: int) -> None:
    """Pack [depth, columns]."""
    addresses = np.empty(LANES, np.intp)
    for first in range(0, columns, COLUMNS):
        held = min(COLUMNS, columns - first)
        panel = target + first * depth * BYTES
        begin = source + first * column_stride
        done = 0
        if held == COLUMNS and column_stride == BYTES:
            for place in range(depth):
                copy_right(begin + place * row_stride, panel + place * COLUMNS * BYTES)
            done = depth
        elif held == COLUMNS and row_stride == BYTES:
            done = depth - depth % LANES
            for part in range(0, COLUMNS, LANES):
                for column in range(LANES):
                    addresses[column] = begin + (part + column) * column_stride
                for place in range(0, done, LANES):
                    at = panel + (place * COLUMNS + part) * BYTES
                    transpose_right(addresses.ctypes.data, place * BYTES, at)
        for place in range(done, depth):
            for column in range(held):
                value = load_single(begin + place * row_stride + column * column_stride)
                store_single(panel + (place * COLUMNS + column) * BYTES, value)
            for column in range(held, COLUMNS):
                store_single(panel + (place * COLUMNS + column) * BYTES, np.float32(0))


@compiled
def multiply_panels(
    left: int,
    right: int,
    right_stride: int,
    rows: int,
    columns: int,
    depth: int,
    target: int,
    target_stride: int,
    start: int,
    start_stride: int,
    lowest: float,
) -> None:
    """Target = max(start + left right, lowest); panels of `right` lie `right_stride` apart; NaN stays NaN.

    `start` is a matrix like the target, which may be the target itself, or, with a stride of 0, one row.
    """
    edge = np.empty((ROWS, COLUMNS), np.float32)
    beginning = np.zeros((ROWS, COLUMNS), np.float32)
    zeros = np.intp(beginning.ctypes.data)
    for first in range(0, columns, COLUMNS):
        width = min(COLUMNS, columns - first)
        panel = right + first // COLUMNS * right_stride
        for top in range(0, rows, ROWS):
            height = min(ROWS, rows - top)
            packed = left + top * depth * BYTES
            place = target + top * target_stride + first * BYTES
            begin = start + top * start_stride + first * BYTES if start else zeros
            if height == ROWS and width == COLUMNS:
                multiply_tile(packed, panel, place, depth, target_stride, begin, start_stride, lowest)
                continue
            for row in range(height if start else 0):
                for column in range(width):
                    beginning[row, column] = load_single(begin + row * start_stride + column * BYTES)
            multiply_tile(
                packed, panel, edge.ctypes.data, depth, COLUMNS * BYTES, beginning.ctypes.data, COLUMNS * BYTES, lowest
            )
            for row in range(height):
                for column in range(width):
                    store_single(place + row * target_stride + column * BYTES, edge[row, column])


@compiled
def multiply_rows(
    source: int,
    row_stride: int,
    column_stride: int,
    rows: int,
    columns: int,
    depth: int,
    right: int,
    target: int,
    target_stride: int,
    start: int,
    start_stride: int,
    lowest: float,
) -> None:
    """Target = max(start + source right, lowest) for a left matrix as it lies and a right one packed whole."""
    packed = np.empty(PANELS * ROWS * min(depth, DEPTH) + LANES, np.float32)
    unbounded = np.float32(-np.inf)
    for top in range(0, rows, PANELS * ROWS):
        height = min(PANELS * ROWS, rows - top)
        place = target + top * target_stride
        for near in range(0, depth, DEPTH):
            part = min(DEPTH, depth - near)
            pack_left(
                source + top * row_stride + near * column_stride,
                row_stride,
                column_stride,
                height,
                part,
                packed.ctypes.data,
            )
            multiply_panels(
                packed.ctypes.data,
                right + near * COLUMNS * BYTES,
                depth * COLUMNS * BYTES,
                height,
                columns,
                part,
                place,
                target_stride,
                moved(start, top * start_stride) if near == 0 else place,
                start_stride if near == 0 else target_stride,
                lowest if near + part == depth else unbounded,
            )


def packed_bytes(depth: int, columns: int) -> int:
    """Memory for a right matrix packed."""
    return -(-columns // COLUMNS) * COLUMNS * depth * BYTES
