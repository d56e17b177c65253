"""How an operand lies over a large array: element by element, as one row again and again, or one element a row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import FLOAT32, is_plain
from engine.kernels.cpu.chunks import CHUNK

# A number is written out so many times, and is a row like others then.
WRITTEN_OUT = 1 << 12

# Shorter rows are NumPy's.
LEAST_ROW = 16

Shape = tuple[int, ...]


def row_length(shape: Shape, given: Any, dtype: np.dtype = FLOAT32) -> int:
    """The length of the rows of an array of `shape` that each meet the same operand; 0 if it doesn't lie in rows.

    An operand of the same shape is met by chunks in turn.
    """
    if not isinstance(given, np.ndarray) or not given.ndim:
        return WRITTEN_OUT
    if not is_plain(given, dtype):
        return 0
    if given.shape == shape:
        return CHUNK
    lengths = without_ones(given.shape)
    lies = given.ndim <= len(shape) and lengths == shape[len(shape) - len(lengths) :]
    return given.size if lies and given.size >= LEAST_ROW else 0


def column_length(shape: Shape, given: Any) -> int:
    """The length of the rows of an array of `shape` that each meet one element of the operand; 0 if they don't."""
    if not isinstance(given, np.ndarray) or not is_plain(given) or not 0 < given.ndim <= len(shape):
        return 0
    lengths = without_ones(given.shape[::-1])[::-1]
    inner = len(shape) - given.ndim + len(lengths)
    lengths = without_ones(lengths)
    length = math.prod(shape[inner:])
    return length if lengths and lengths == shape[inner - len(lengths) : inner] and length >= LEAST_ROW else 0


def without_ones(shape: Shape) -> Shape:
    """The lengths from the first on that is not 1."""
    return next((shape[place:] for place, length in enumerate(shape) if length != 1), ())


def as_row(given: Any, scratch: Any) -> Any:
    """The operand in one dimension; a number written out in the scratch memory, whose type tells in which one."""
    if isinstance(given, np.ndarray) and given.ndim:
        return given.reshape(-1)
    scratch[:WRITTEN_OUT] = given
    return scratch[:WRITTEN_OUT]


def is_number(given: Any) -> bool:
    """Whether the operand is one number for all elements."""
    return not isinstance(given, np.ndarray) or not given.ndim
