"""How arrays of images lie in memory, whatever their rank."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.jit import address
from engine.kernels.cpu.strips import CHANNELS, NOTHING, ROWS_APART, ROWS_OF_AN_IMAGE, Images
from engine.kernels.cpu.vectors import BYTES


def is_single(*arrays: Any) -> bool:
    """Whether all are aligned float32, or None."""
    return all(each is None or (each.dtype == np.float32 and each.flags.aligned) for each in arrays)


def in_two_dimensions(array: Any) -> Any:
    """[N, C, L] as [N, C, 1, L]."""
    return array if array.ndim == 4 else array[:, :, None]


def on_two_dimensions(numbers: tuple[int, ...], neutral: int) -> tuple[int, ...]:
    """One number for each of two dimensions."""
    return numbers if len(numbers) == 2 else (neutral, *numbers)


def lies_at(array: Any) -> Images:
    """Where an array of images lies."""
    _, channels, rows, columns = array.shape
    image, channel, row, column = array.strides
    by_rows = column == BYTES or columns == 1
    if channel == BYTES and (not by_rows or rows * columns < channels):
        layout = CHANNELS
    elif not by_rows:
        layout = NOTHING
    else:
        layout = ROWS_OF_AN_IMAGE if row == columns * BYTES or rows == 1 else ROWS_APART
    return Images(address(array), image, channel, row, column, layout)
