"""How arrays [N, C, ...] are seen as matrices: by planes, or by channels-last rows."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.arrays import FLOAT32, is_plain
from engine.kernels.cpu.columns import TOGETHER

# Channels-last rows are taken several at a time until they have so many values: short ones make slow loops.
_WIDE = 512


class Form(NamedTuple):
    """Rows that are one plane each, or else `repeats` places with all their channels each."""

    planes: bool
    channels: int
    rows: int
    repeats: int

    @property
    def chunks(self) -> int:
        """How many times the rows are added up to one partial result for each column."""
        return -(-self.rows // TOGETHER)

    @property
    def parts(self) -> int:
        """How many partial results a channel's statistics are made of."""
        return self.rows // self.channels if self.planes else self.chunks * self.repeats

    @property
    def constants(self) -> int:
        """How many constants of each kind the loops read: those of the channels, once for each place of a row."""
        return self.channels * self.repeats


def form_of(array: Any) -> Form | None:
    """The form that suits an array [N, C, ...]; None for what is not float32, has no values or lies in another way."""
    if not isinstance(array, np.ndarray) or array.dtype != FLOAT32 or not array.size or not array.flags.aligned:
        return None
    examples, channels = array.shape[:2]
    if array.flags.c_contiguous and array.size > examples * channels:
        return Form(True, channels, examples * channels, 1)
    if not _channels_last(array).flags.c_contiguous:
        return None
    rows, repeats = array.size // channels, 1
    while rows % 2 == 0 and 2 * repeats * channels <= _WIDE:
        rows, repeats = rows // 2, 2 * repeats
    return Form(False, channels, rows, repeats)


def known_form(array: Any) -> Form:
    """The form of an array that has one."""
    form = form_of(array)
    assert form is not None
    return form


def as_matrix(array: Any, form: Form) -> Any:
    """An array of that form as a matrix."""
    return (array if form.planes else _channels_last(array)).reshape(form.rows, -1)


def by_place(array: Any) -> Any:
    """A channels-last array as [N, places, C]."""
    return _channels_last(array).reshape(array.shape[0], -1, array.shape[1])


def are_plain(*arrays: Any) -> bool:
    """Whether each is None, or float32 without gaps."""
    return all(each is None or is_plain(each) for each in arrays)


def count_of(array: Any) -> int:
    """How many values a channel has."""
    return int(array.shape[0] * math.prod(array.shape[2:]))


def _channels_last(array: Any) -> Any:
    return array.transpose(0, *range(2, array.ndim), 1)
