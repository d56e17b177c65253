"""How a recurrent kernel cuts a batch into shares of rows, and what it keeps in the memory that it was lent."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.gemm import pack_right, packed_bytes, panels
from engine.kernels.cpu.jit import address, compiled, parallel, prange, threads
from engine.kernels.cpu.recurrent_products import ROWS
from engine.kernels.cpu.vectors import BYTES, COLUMNS

# Below so many sums over all steps nothing is compiled, which takes seconds.
LEAST = 1 << 16
# The sums of so many rows at a step fit a second-level cache.
MOST = 64
# A row of `steps`: where a step's rows begin, and how many there are.
_STEP_BYTES = 2 * 8


class Shares(NamedTuple):
    """The steps in the order they are walked, the address of the packed weight, and each share's memory for products.

    `products` is [shares, rows of a share, columns], the columns filled up to whole panels.
    """

    steps: Any
    packed: int
    products: Any


def is_plain_like(array: Any, other: Any) -> bool:
    """Whether a kernel can read this array at the places of that one."""
    return array.shape == other.shape and is_plain(array)


def rows_of_share(batch: int) -> int:
    """How many sequences one thread runs from their first step to their last."""
    return min(up_to(-(-batch // threads()), ROWS), MOST)


def up_to(count: int, width: int) -> int:
    """The next multiple of `width`."""
    return -(-count // width) * width


def room(steps: int, batch: int, weight: Any) -> int:
    """The bytes for Shares on any number of threads, where a step multiplies by a weight of [depth, columns]."""
    wide = up_to(weight.shape[1], COLUMNS)
    return steps * _STEP_BYTES + packed_bytes(*weight.shape) + (batch + MOST) * wide * BYTES


def shares(scratch: Any, sizes: tuple[int, ...], from_end: bool, batch: int, weight: Any) -> Shares:
    """Shares in that memory, the weight packed."""
    rows, wide = rows_of_share(batch), up_to(weight.shape[1], COLUMNS)
    steps = scratch[: len(sizes) * _STEP_BYTES].view(np.int64).reshape(len(sizes), 2)
    walked = steps[::-1] if from_end else steps
    walked[:, 1] = sizes
    walked[:, 0] = np.cumsum(walked[:, 1]) - walked[:, 1]
    packed = address(scratch) + steps.nbytes
    _pack(address(weight), *weight.strides, *weight.shape, packed)
    begin = steps.nbytes + packed_bytes(*weight.shape)
    behind = scratch[begin : begin + up_to(batch, rows) * wide * BYTES].view(np.float32)
    return Shares(steps, packed, behind.reshape(-1, rows, wide))


@parallel
def _pack(source: int, row_stride: int, column_stride: int, depth: int, columns: int, target: int) -> None:
    for panel in prange(panels(columns, COLUMNS)):
        first = panel * COLUMNS
        pack_right(
            source + first * column_stride,
            row_stride,
            column_stride,
            depth,
            min(COLUMNS, columns - first),
            target + first * depth * BYTES,
        )


@compiled
def point_at_rows(addresses: Any, states: Any, first: int, count: int) -> Any:
    """The addresses of `count` rows from `first` on, the last one's again up to a multiple of ROWS."""
    stride = states.strides[0]
    begin = states.ctypes.data + first * stride
    whole = panels(count, ROWS) * ROWS
    for row in range(whole):
        addresses[row] = begin + min(row, count - 1) * stride
    return addresses[:whole]


@compiled
def copy_row(target: Any, row: Any) -> None:
    """Give a row the beginning of another one."""
    for i in range(target.size):
        target[i] = row[i]


@compiled
def add_row(target: Any, row: Any) -> None:
    """Add to a row the beginning of another one."""
    for i in range(target.size):
        target[i] += row[i]
