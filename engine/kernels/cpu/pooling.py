"""Max pooling over the last one or two dimensions: the largest element of each window, its place, and the way back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import INT64, is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST, SERIAL
from engine.kernels.cpu.jit import address, compiled, parallel, prange
from engine.kernels.cpu.pooling_vectors import pool_quarters, pool_windows
from engine.kernels.cpu.vectors import BYTES, LANES
from engine.kernels.kernel import Kernel

Shape = tuple[int, ...]


@compiled
def _quarter(values: int, places: int, x: int, shape: Any, first: int, last: int) -> None:
    """Rows of windows of two by two side by side, counted through all planes; arrays are given by their addresses."""
    height, width, rows, columns = shape[0], shape[1], shape[2], shape[3]
    for row in range(first, last):
        plane, i = row // rows, row % rows
        top = (plane * height + 2 * i) * width
        for j in range(0, columns, LANES):
            result = row * columns + j
            pool_quarters(
                x + BYTES * (top + 2 * j),
                width,
                2 * (i * width + j),
                values + BYTES * result,
                places + 2 * BYTES * result,
                min(LANES, columns - j),
            )


@compiled
def _largest(values: int, places: int, x: int, shape: Any, first: int, last: int) -> None:
    """Rows of windows of any kind, counted through all planes; arrays are given by their addresses."""
    height, width, rows, columns = shape[0], shape[1], shape[2], shape[3]
    kernel_y, kernel_x, step_y, step_x = shape[4], shape[5], shape[6], shape[7]
    pad_y, pad_x, spread_y, spread_x = shape[8], shape[9], shape[10], shape[11]
    for row in range(first, last):
        plane, i = row // rows, row % rows
        top = i * step_y - pad_y
        upmost = top if top >= 0 else top % spread_y
        below = min(kernel_y, (height - 1 - top) // spread_y + 1)
        for j in range(0, columns, LANES):
            result = row * columns + j
            pool_windows(
                x + BYTES * (plane * height + upmost) * width,
                spread_y * width,
                below - (upmost - top) // spread_y,
                j * step_x - pad_x,
                step_x,
                kernel_x,
                spread_x,
                width,
                upmost * width,
                values + BYTES * result,
                places + 2 * BYTES * result,
                min(LANES, columns - j),
            )


@parallel
def _quarter_in_parallel(values: int, places: int, x: int, shape: Any, total: int, rows: int) -> None:
    for chunk in prange((total + rows - 1) // rows):
        _quarter(values, places, x, shape, chunk * rows, min(chunk * rows + rows, total))


@parallel
def _largest_in_parallel(values: int, places: int, x: int, shape: Any, total: int, rows: int) -> None:
    for chunk in prange((total + rows - 1) // rows):
        _largest(values, places, x, shape, chunk * rows, min(chunk * rows + rows, total))


@compiled
def _add_to_places(y: Any, g: Any, places: Any, astray: Any, first: int, last: int) -> None:
    """Planes of zeros with each window's gradient added to the place that it took; told is one place out of a plane."""
    for plane in range(first, last):
        y[plane] = 0
        for window in range(g.shape[1]):
            place = places[plane, window]
            if 0 <= place < y.shape[1]:
                y[plane, place] += g[plane, window]
            else:
                astray[0] = place


@parallel
def _add_to_places_in_parallel(y: Any, g: Any, places: Any, astray: Any, planes: int) -> None:
    for chunk in prange((g.shape[0] + planes - 1) // planes):
        _add_to_places(y, g, places, astray, chunk * planes, min(chunk * planes + planes, g.shape[0]))


def _pooled(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (values, places), (x,) = outputs, inputs
    *window, _ = attributes
    shape = scratch.view(np.int64)
    shape[:] = _shape(x, values, *window)
    total = values.size // values.shape[-1]
    quarters = tuple(window) == ((2, 2), (2, 2), (0, 0), (1, 1))
    given = address(values), address(places), address(x), shape
    if x.size > SERIAL:
        (_quarter_in_parallel if quarters else _largest_in_parallel)(*given, total, max(1, CHUNK * total // x.size))
    else:
        (_quarter if quarters else _largest)(*given, 0, total)


def _shape(x: Any, values: Any, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape) -> Shape:
    """Lengths of the input and the results and then the window, in two dimensions."""
    rank = len(kernel)
    parts = (x.shape[-rank:], 1), (values.shape[-rank:], 1), (kernel, 1), (stride, 1), (padding, 0), (dilation, 1)
    return tuple(each for given, absent in parts for each in (*(absent,) * (2 - rank), *given))


def _placed(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (y,), (g, places), (lengths, _) = outputs, inputs, attributes
    size = math.prod(lengths)
    planes = y.size // size
    astray = scratch.view(np.int64)
    astray[0] = 0
    given = y.reshape(planes, size), g.reshape(planes, -1), places.reshape(planes, -1), astray
    if y.size > SERIAL:
        _add_to_places_in_parallel(*given, max(1, CHUNK // size))
    else:
        _add_to_places(*given, 0, planes)
    if astray[0]:
        raise IndexError(f"place {astray[0]} is outside of a plane of {size} elements")


def _takes_images(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    (x,), kernel = inputs, attributes[0]
    return is_plain(x) and len(kernel) <= 2 and x.size >= LEAST and math.prod(x.shape[-len(kernel) :]) < 1 << 31


def _takes_places(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, places = inputs
    return is_plain(g) and is_plain(places, INT64) and g.shape == places.shape and g.size > 0


max_pool = Kernel(_pooled, _takes_images, scratch=lambda inputs, attributes: 8 * 12, least=LEAST)
max_pool_backward = Kernel(_placed, _takes_places, scratch=lambda inputs, attributes: 8, least=LEAST)
