"""Loops over the rows of a matrix that have constants of their own: the planes of [N, C, ...], or groups of them.

Constants may be fewer than rows: they then begin anew, as those of channels do with each example.
"""

from __future__ import annotations

from typing import Any

from engine.kernels.cpu.chunks import CHUNK, SERIAL
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.moments import moments, slopes


@compiled
def _measure(parts: Any, x: Any, first: int, last: int) -> None:
    for row in range(first, last):
        parts[0, row], parts[1, row] = moments(x, row)


@compiled
def _normalise(y: Any, x: Any, mean: Any, scale: Any, shift: Any, first: int, last: int) -> None:
    for row in range(first, last):
        place = row % mean.size
        center, factor, start = mean[place], scale[place], shift[place]
        for i in range(x.shape[1]):
            y[row, i] = (x[row, i] - center) * factor + start


@compiled
def _slope(parts: Any, g: Any, x: Any, mean: Any, first: int, last: int) -> None:
    for row in range(first, last):
        parts[0, row], parts[1, row] = slopes(g, x, row, mean[row % mean.size])


@compiled
def _descend(d: Any, g: Any, x: Any, mean: Any, constants: Any, first: int, last: int) -> None:
    for row in range(first, last):
        place = row % mean.size
        center = mean[place]
        weight, along, level, scale = constants[0, place], constants[1, place], constants[2, place], constants[3, place]
        for i in range(x.shape[1]):
            d[row, i] = (g[row, i] * weight - (x[row, i] - center) * along - level) * scale


@parallel
def measure(parts: Any, x: Any) -> None:
    """The mean and the variance of each row, in the two rows of `parts`."""
    rows, step = x.shape[0], max(CHUNK // x.shape[1], 1)
    if x.size <= SERIAL:
        _measure(parts, x, 0, rows)
    else:
        for chunk in prange((rows + step - 1) // step):
            _measure(parts, x, chunk * step, min(chunk * step + step, rows))


@parallel
def normalise(y: Any, x: Any, mean: Any, scale: Any, shift: Any) -> None:
    """(x - mean) · scale + shift."""
    rows, step = x.shape[0], max(CHUNK // x.shape[1], 1)
    if x.size <= SERIAL:
        _normalise(y, x, mean, scale, shift, 0, rows)
    else:
        for chunk in prange((rows + step - 1) // step):
            _normalise(y, x, mean, scale, shift, chunk * step, min(chunk * step + step, rows))


@parallel
def slope(parts: Any, g: Any, x: Any, mean: Any) -> None:
    """The sums of g and of g · (x - mean) over each row, in the two rows of `parts`."""
    rows, step = x.shape[0], max(CHUNK // x.shape[1], 1)
    if x.size <= SERIAL:
        _slope(parts, g, x, mean, 0, rows)
    else:
        for chunk in prange((rows + step - 1) // step):
            _slope(parts, g, x, mean, chunk * step, min(chunk * step + step, rows))


@parallel
def descend(d: Any, g: Any, x: Any, mean: Any, constants: Any) -> None:
    """(g · weight - (x - mean) · along - level) · scale, by rows of constants in this order."""
    rows, step = x.shape[0], max(CHUNK // x.shape[1], 1)
    if x.size <= SERIAL:
        _descend(d, g, x, mean, constants, 0, rows)
    else:
        for chunk in prange((rows + step - 1) // step):
            _descend(d, g, x, mean, constants, chunk * step, min(chunk * step + step, rows))
