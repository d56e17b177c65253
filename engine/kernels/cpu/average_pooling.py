"""Average pooling over the last one or two dimensions, the way back, and means of whole planes."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST, SERIAL
from engine.kernels.cpu.jit import compiled, inlined, parallel, prange
from engine.kernels.cpu.sums import LEAST_ROW, add_up_rows, row_bytes
from engine.kernels.kernel import Kernel

# Divisors of windows: all their places, those in the input alone, or one number for all.
_ALL, _INSIDE = 0, -1

Shape = tuple[int, ...]


@inlined
def _seen(start: int, kernel: int, pad: int, length: int, divisor: int) -> Any:
    """Where a window starts and ends in the input along a dimension, and how many of its places count."""
    first, last = max(start, 0), min(start + kernel, length)
    return first, last, last - first if divisor == _INSIDE else min(start + kernel, length + pad) - start


@compiled
def _average(y: Any, x: Any, window: Any, divisor: int, first: int, last: int) -> None:
    """Planes of means, by two dimensions of x and y, whose first one counts planes."""
    kernel_y, kernel_x, step_y, step_x, pad_y, pad_x = window[0], window[1], window[2], window[3], window[4], window[5]
    for plane in range(first, last):
        image, means = x[plane], y[plane]
        for i in range(means.shape[0]):
            top, bottom, high = _seen(i * step_y - pad_y, kernel_y, pad_y, image.shape[0], divisor)
            for j in range(means.shape[1]):
                left, right, wide = _seen(j * step_x - pad_x, kernel_x, pad_x, image.shape[1], divisor)
                total = np.float32(0)
                for row in range(top, bottom):
                    for column in range(left, right):
                        total += image[row, column]
                means[i, j] = total / np.float32(divisor if divisor > 0 else high * wide)


@compiled
def _share(y: Any, g: Any, window: Any, divisor: int, first: int, last: int) -> None:
    """Planes of zeros with the share of each mean added to all places of its window."""
    kernel_y, kernel_x, step_y, step_x, pad_y, pad_x = window[0], window[1], window[2], window[3], window[4], window[5]
    for plane in range(first, last):
        image, means = y[plane], g[plane]
        image[:] = 0
        for i in range(means.shape[0]):
            top, bottom, high = _seen(i * step_y - pad_y, kernel_y, pad_y, image.shape[0], divisor)
            for j in range(means.shape[1]):
                left, right, wide = _seen(j * step_x - pad_x, kernel_x, pad_x, image.shape[1], divisor)
                share = means[i, j] / np.float32(divisor if divisor > 0 else high * wide)
                for row in range(top, bottom):
                    for column in range(left, right):
                        image[row, column] += share


@parallel
def _average_in_parallel(y: Any, x: Any, window: Any, divisor: int, planes: int) -> None:
    for chunk in prange((y.shape[0] + planes - 1) // planes):
        _average(y, x, window, divisor, chunk * planes, min(chunk * planes + planes, y.shape[0]))


@parallel
def _share_in_parallel(y: Any, g: Any, window: Any, divisor: int, planes: int) -> None:
    for chunk in prange((y.shape[0] + planes - 1) // planes):
        _share(y, g, window, divisor, chunk * planes, min(chunk * planes + planes, y.shape[0]))


def _averaged(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (y,), (x,), (kernel, *rest) = outputs, inputs, attributes
    given = _planes(y, len(kernel)), _planes(x, len(kernel)), *_window(scratch, kernel, *rest)
    _run(_average, _average_in_parallel, given, x)


def _shared(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (y,), (g,), (_, kernel, *rest) = outputs, inputs, attributes
    given = _planes(y, len(kernel)), _planes(g, len(kernel)), *_window(scratch, kernel, *rest)
    _run(_share, _share_in_parallel, given, y)


def _run(serial: Any, in_parallel: Any, given: tuple[Any, ...], image: Any) -> None:
    planes = len(given[0])
    if image.size > SERIAL:
        in_parallel(*given, max(1, CHUNK * planes // image.size))
    else:
        serial(*given, 0, planes)


def _planes(array: Any, rank: int) -> Any:
    return array.reshape(-1, *(1,) * (2 - rank), *array.shape[-rank:])


def _window(
    scratch: Any,
    kernel: Shape,
    stride: Shape,
    padding: Shape,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> tuple[Any, int]:
    """The window in two dimensions, and what its sums are divided by."""
    window = scratch.view(np.int64)
    absent = 2 - len(kernel)
    window[:] = (*(1,) * absent, *kernel, *(1,) * absent, *stride, *(0,) * absent, *padding)
    return window, divisor_override or (_ALL if count_include_pad else _INSIDE)


def _takes(place: int, inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    (x,), kernel, divisor = inputs, attributes[place], attributes[-1]
    return is_plain(x) and x.size > 0 and len(kernel) <= 2 and (divisor is None or divisor > 0)


def _means(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (y,), (x,) = outputs, inputs
    length = x.size // y.size
    add_up_rows(y.reshape(-1), x.reshape(-1), length, length, scratch)


def _spread(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    """The gradient of a mean of each plane: one window that is the whole plane."""
    (y,), (g,), (lengths,) = outputs, inputs, attributes
    rank = len(lengths)
    window = _window(scratch, lengths, (1,) * rank, (0,) * rank, False, True, None)
    _run(_share, _share_in_parallel, (_planes(y, rank), _planes(g, rank), *window), y)


def _takes_means(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    (g,), (lengths,) = inputs, attributes
    whole = is_plain(g) and len(lengths) <= 2 and set(g.shape[-len(lengths) :]) == {1}
    return whole and g.size * math.prod(lengths) >= LEAST


def _takes_planes(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    (x,), (counts,) = inputs, attributes
    return is_plain(x) and x.size > 0 and set(counts) == {1} and math.prod(x.shape[-len(counts) :]) >= LEAST_ROW


def _means_scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    (x,), (counts,) = inputs, attributes
    return row_bytes(x.size, math.prod(x.shape[-len(counts) :]))


avg_pool = Kernel(_averaged, partial(_takes, 0), scratch=lambda inputs, attributes: 8 * 6, least=LEAST)
avg_pool_backward = Kernel(_shared, partial(_takes, 1), scratch=lambda inputs, attributes: 8 * 6, least=LEAST)
adaptive_avg_pool = Kernel(_means, _takes_planes, _means_scratch, least=LEAST)
# The planes are large where the means are few.
adaptive_avg_pool_backward = Kernel(_spread, _takes_means, scratch=lambda inputs, attributes: 8 * 6)
