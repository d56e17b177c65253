"""Kernels of matrix products: two matrices, batches of matrices, and inputs times weights plus a bias."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.gemm import multiply_rows, pack_right, packed_bytes
from engine.kernels.cpu.jit import address, compiled, parallel, prange, threads
from engine.kernels.cpu.products import product, product_bytes
from engine.kernels.cpu.vectors import BYTES
from engine.kernels.kernel import Kernel

# Below so many multiplications OpenBLAS, which packs less, is faster; no factor may be so thin that tiles stay empty.
PRODUCTS = 1 << 19
THIN = 8
LEAST = 1 << 11


@compiled
def _multiply_batch(
    lefts: Any,
    rights: Any,
    first: int,
    last: int,
    strides: Any,
    rows: int,
    columns: int,
    depth: int,
    packed: int,
    target: int,
) -> None:
    for number in range(first, last):
        pack_right(rights[number], strides[2], strides[3], depth, columns, packed)
        multiply_rows(
            lefts[number],
            strides[0],
            strides[1],
            rows,
            columns,
            depth,
            packed,
            target + number * rows * columns * BYTES,
            columns * BYTES,
            0,
            0,
            np.float32(-np.inf),
        )


@parallel
def _multiply_batches(
    lefts: Any,
    rights: Any,
    strides: Any,
    rows: int,
    columns: int,
    depth: int,
    packed: int,
    each: int,
    target: int,
    pieces: int,
) -> None:
    count = len(lefts)
    for piece in prange(pieces):
        first, last = count * piece // pieces, count * (piece + 1) // pieces
        place = packed + piece * each
        _multiply_batch(lefts, rights, first, last, strides, rows, columns, depth, place, target)


@compiled
def add_to_rows(matrix: Any, row: Any) -> None:
    """Add a row to each row of a matrix."""
    for number in range(len(matrix)):
        mine = matrix[number]
        for column in range(mine.size):
            mine[column] += row[column]


def _is_single(*arrays: Any) -> bool:
    return all(each is None or each.dtype == np.float32 for each in arrays)


def _worth(rows: int, columns: int, depth: int, count: int = 1) -> bool:
    return min(rows, columns, depth) >= THIN and rows * columns * depth * count >= PRODUCTS


def _tall(array: Any) -> Any:
    """All leading dimensions of a contiguous array in one; a matrix of any layout as it is."""
    return array if array.ndim == 2 else array.reshape(-1, array.shape[-1])


def _accepts_matrices(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    left, right = inputs
    if right.ndim != 2 or left.ndim < 2 or not _is_single(left, right):
        return False
    if left.ndim > 2 and not left.flags.c_contiguous:
        return False
    depth, columns = right.shape
    return depth == left.shape[-1] and _worth(left.size // max(depth, 1), columns, depth)


def _matrices(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    left, right = inputs
    target = outputs[0].reshape(-1, right.shape[1])
    product(_tall(left), right, target, scratch, None, -math.inf, threads())


def _room_for_matrices(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    depth, columns = inputs[1].shape
    return product_bytes(inputs[0].size // depth, columns, depth)


def _accepts_batches(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    left, right = inputs
    if left.ndim < 3 or right.ndim < 3 or not _is_single(left, right):
        return False
    if left.shape[:-2] != right.shape[:-2] or left.shape[-1] != right.shape[-2]:
        return False
    count = math.prod(left.shape[:-2])
    return count > 1 and _worth(left.shape[-2], right.shape[-1], left.shape[-1], count)


def _places(array: Any) -> Any:
    """The addresses of the matrices in a batch, in order."""
    places = np.full(1, address(array), np.intp)
    for length, stride in zip(array.shape[:-2], array.strides[:-2], strict=True):
        places = (places[:, None] + np.arange(length) * stride).reshape(-1)
    return places


def _batches(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    left, right = inputs
    rows, depth = left.shape[-2:]
    columns = right.shape[-1]
    each = packed_bytes(depth, columns)
    strides = np.array((*left.strides[-2:], *right.strides[-2:]), np.intp)
    lefts = _places(left)
    # Not more than there was room for, however many threads there are by now.
    pieces = min(threads(), len(lefts), max(1, scratch.size // each))
    _multiply_batches(
        lefts,
        _places(right),
        strides,
        rows,
        columns,
        depth,
        address(scratch),
        each,
        address(outputs[0]),
        pieces,
    )


def _room_for_batches(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    depth, columns = inputs[1].shape[-2:]
    return threads() * packed_bytes(depth, columns)


matrices = Kernel(_matrices, _accepts_matrices, _room_for_matrices, least=LEAST, fixed=True)
batches = Kernel(_batches, _accepts_batches, _room_for_batches, least=LEAST, fixed=True)


def _accepts_linear(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    input, weight, bias = inputs
    if weight.ndim != 2 or input.ndim < 2 or not _is_single(input, weight, bias):
        return False
    if input.ndim > 2 and not input.flags.c_contiguous:
        return False
    columns, depth = weight.shape
    if bias is not None and (bias.shape != (columns,) or not bias.flags.c_contiguous):
        return False
    return depth == input.shape[-1] and _worth(input.size // max(depth, 1), columns, depth)


def _linear(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    input, weight, bias = inputs
    target = outputs[0].reshape(-1, weight.shape[0])
    product(_tall(input), weight.T, target, scratch, bias, -math.inf, threads())


def _room_for_linear(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    columns, depth = inputs[1].shape
    return product_bytes(inputs[0].size // depth, columns, depth)


linear = Kernel(
    _linear,
    _accepts_linear,
    _room_for_linear,
    least=LEAST,
    fixed=True,
)
