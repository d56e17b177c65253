"""Whole products on all threads: cut by rows, by columns, or, where both are few and the depth is great, by depth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.gemm import (
    DEPTH,
    PANELS,
    moved,
    multiply_panels,
    multiply_rows,
    pack_left,
    pack_right,
    packed_bytes,
    panels,
)
from engine.kernels.cpu.jit import address, compiled, parallel, prange
from engine.kernels.cpu.vectors import BYTES, COLUMNS, LANES, ROWS

# A product is cut along its depth into parts of at least so many columns of the left matrix; the parts' sums, at most
# so many in number and each of at most so many elements, are added up in order.
DEEP = 2048
PARTS = 8
SUMS = 1 << 18

# Below so many multiplications waking another thread takes longer than it saves.
SHARED = 1 << 20


@parallel
def multiply_by_rows(
    source: int,
    row_stride: int,
    column_stride: int,
    other: int,
    other_row_stride: int,
    other_column_stride: int,
    rows: int,
    columns: int,
    depth: int,
    right: int,
    target: int,
    target_stride: int,
    start: int,
    start_stride: int,
    lowest: float,
    pieces: int,
) -> None:
    """The whole product in `pieces` of rows; `right` is memory for the right matrix packed."""
    wide = panels(columns, COLUMNS)
    for piece in prange(pieces):
        first, last = wide * piece // pieces, wide * (piece + 1) // pieces
        pack_right(
            other + first * COLUMNS * other_column_stride,
            other_row_stride,
            other_column_stride,
            depth,
            min(last * COLUMNS, columns) - first * COLUMNS,
            right + first * COLUMNS * depth * BYTES,
        )
    high = panels(rows, ROWS)
    for piece in prange(pieces):
        top, bottom = high * piece // pieces * ROWS, min(high * (piece + 1) // pieces * ROWS, rows)
        multiply_rows(
            source + top * row_stride,
            row_stride,
            column_stride,
            bottom - top,
            columns,
            depth,
            right,
            target + top * target_stride,
            target_stride,
            moved(start, top * start_stride),
            start_stride,
            lowest,
        )


@parallel
def multiply_by_columns(
    source: int,
    row_stride: int,
    column_stride: int,
    other: int,
    other_row_stride: int,
    other_column_stride: int,
    rows: int,
    columns: int,
    depth: int,
    right: int,
    target: int,
    target_stride: int,
    start: int,
    start_stride: int,
    lowest: float,
    pieces: int,
) -> None:
    """The whole product in `pieces` of columns, each of which packs its own; for few rows."""
    wide = panels(columns, COLUMNS)
    for piece in prange(pieces):
        first, last = wide * piece // pieces * COLUMNS, min(wide * (piece + 1) // pieces * COLUMNS, columns)
        own = right + first * depth * BYTES
        pack_right(other + first * other_column_stride, other_row_stride, other_column_stride, depth, last - first, own)
        multiply_rows(
            source,
            row_stride,
            column_stride,
            rows,
            last - first,
            depth,
            own,
            target + first * BYTES,
            target_stride,
            moved(start, first * BYTES),
            start_stride,
            lowest,
        )


@compiled
def multiply_alone(
    source: int,
    row_stride: int,
    column_stride: int,
    other: int,
    other_row_stride: int,
    other_column_stride: int,
    rows: int,
    columns: int,
    depth: int,
    right: int,
    target: int,
    target_stride: int,
    start: int,
    start_stride: int,
    lowest: float,
    pieces: int,
) -> None:
    """The whole product on the calling thread."""
    pack_right(other, other_row_stride, other_column_stride, depth, columns, right)
    multiply_rows(
        source,
        row_stride,
        column_stride,
        rows,
        columns,
        depth,
        right,
        target,
        target_stride,
        start,
        start_stride,
        lowest,
    )


@compiled
def _multiply_part(
    source: int,
    row_stride: int,
    column_stride: int,
    other: int,
    other_row_stride: int,
    other_column_stride: int,
    rows: int,
    columns: int,
    begin: int,
    end: int,
    target: int,
) -> None:
    """The sums over a part of the depth, a block of the right matrix at a time, which stays in the cache."""
    right = np.empty(panels(columns, COLUMNS) * COLUMNS * DEPTH, np.float32)
    left = np.empty(PANELS * ROWS * DEPTH + LANES, np.float32)
    stride = columns * BYTES
    for near in range(begin, end, DEPTH):
        part = min(DEPTH, end - near)
        block = other + near * other_row_stride
        pack_right(block, other_row_stride, other_column_stride, part, columns, right.ctypes.data)
        for top in range(0, rows, PANELS * ROWS):
            height = min(PANELS * ROWS, rows - top)
            place = target + top * stride
            corner = source + top * row_stride + near * column_stride
            pack_left(corner, row_stride, column_stride, height, part, left.ctypes.data)
            multiply_panels(
                left.ctypes.data,
                right.ctypes.data,
                part * COLUMNS * BYTES,
                height,
                columns,
                part,
                place,
                stride,
                0 if near == begin else place,
                0 if near == begin else stride,
                np.float32(-np.inf),
            )


@parallel
def _multiply_parts(
    source: int,
    row_stride: int,
    column_stride: int,
    other: int,
    other_row_stride: int,
    other_column_stride: int,
    rows: int,
    columns: int,
    depth: int,
    sums: int,
    parts: int,
) -> None:
    for number in prange(parts):
        # Whole blocks, so that the last one alone is short.
        blocks = panels(depth, DEPTH)
        begin, end = blocks * number // parts * DEPTH, min(blocks * (number + 1) // parts * DEPTH, depth)
        place = sums + number * rows * columns * BYTES
        _multiply_part(
            source,
            row_stride,
            column_stride,
            other,
            other_row_stride,
            other_column_stride,
            rows,
            columns,
            begin,
            end,
            place,
        )


@compiled
def _add_up(target: Any, sums: Any, first: int, last: int) -> None:
    for row in range(first, last):
        mine = target[row]
        for column in range(mine.size):
            mine[column] = sums[0, row, column]
        for number in range(1, len(sums)):
            part = sums[number, row]
            for column in range(mine.size):
                mine[column] += part[column]


@parallel
def _add_up_rows(target: Any, sums: Any, pieces: int) -> None:
    for piece in prange(pieces):
        _add_up(target, sums, len(target) * piece // pieces, len(target) * (piece + 1) // pieces)


def deep_parts(rows: int, columns: int, depth: int) -> int:
    """Into how many parts the depth is cut: sizes alone decide, so that sums are the same for any number of threads."""
    return max(1, min(PARTS, depth // DEEP)) if rows * columns <= SUMS else 1


def _multiply_deep(left: Any, right: Any, target: Any, scratch: Any, parts: int, threads: int) -> None:
    rows, depth = left.shape
    columns = right.shape[1]
    sums = scratch[: parts * rows * columns * BYTES].view(np.float32).reshape(parts, rows, columns)
    _multiply_parts(
        address(left),
        left.strides[0],
        left.strides[1],
        address(right),
        right.strides[0],
        right.strides[1],
        rows,
        columns,
        depth,
        address(sums),
        parts,
    )
    _add_up_rows(target, sums, threads)


def product_bytes(rows: int, columns: int, depth: int) -> int:
    """Memory that a product needs."""
    parts = deep_parts(rows, columns, depth)
    return max(packed_bytes(depth, columns), parts * rows * columns * BYTES if parts > 1 else 0)


def product(left: Any, right: Any, target: Any, scratch: Any, start: Any, lowest: float, threads: int) -> None:
    """Write max(start + left right, lowest) into `target`; `start` is a matrix, a row, or None for zeros.

    All are float32. Factors may have any strides, the rows of target and start are contiguous; `scratch` is of
    `product_bytes`.
    """
    rows, depth = left.shape
    columns = right.shape[1]
    parts = deep_parts(rows, columns, depth)
    if parts > 1 and start is None and lowest == -math.inf:
        _multiply_deep(left, right, target, scratch, parts, threads)
        return
    high, wide = -(-rows // ROWS), -(-columns // COLUMNS)
    # The longest share of the work decides: what is left over keeps one thread busy alone.
    by_rows = -(-high // threads) / high <= -(-wide // threads) / wide
    multiply = multiply_by_rows if by_rows else multiply_by_columns
    if rows * columns * depth < SHARED:
        multiply = multiply_alone
    multiply(
        address(left),
        left.strides[0],
        left.strides[1],
        address(right),
        right.strides[0],
        right.strides[1],
        rows,
        columns,
        depth,
        address(scratch),
        address(target),
        target.strides[0],
        0 if start is None else address(start),
        start.strides[0] if start is not None and start.ndim == 2 else 0,
        np.float32(lowest),
        min(threads, high if by_rows else wide),
    )
