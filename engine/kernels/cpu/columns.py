"""Loops over matrices whose columns have constants of their own: [N, C], and [N, C, ...] that lies channels-last."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.chunks import SERIAL
from engine.kernels.cpu.jit import compiled, parallel, prange

# Rows that are added up in float32 before sums go on in float64.
TOGETHER = 64


@compiled
def _measure(parts: Any, sums: Any, x: Any, chunk: int) -> None:
    """Mean and variance by column, of distances from a chunk's first row."""
    first = chunk * TOGETHER
    last = min(first + TOGETHER, x.shape[0])
    sums[0, chunk], sums[1, chunk] = 0, 0
    for row in range(first, last):
        for i in range(x.shape[1]):
            distance = x[row, i] - x[first, i]
            sums[0, chunk, i] += distance
            sums[1, chunk, i] += distance * distance
    count = last - first
    for i in range(x.shape[1]):
        shift = np.float64(sums[0, chunk, i]) / count
        variance = sums[1, chunk, i] / count - shift * shift
        parts[0, chunk, i] = x[first, i] + shift
        parts[1, chunk, i] = 0.0 if variance < 0 else variance
    for i in range(x.shape[1]):
        # Distances from an infinite value are NaN, and the mean is not.
        if parts[0, chunk, i] != parts[0, chunk, i]:
            total = 0.0
            for row in range(first, last):
                total += x[row, i]
            parts[0, chunk, i] = total / count


@compiled
def _normalise(y: Any, x: Any, mean: Any, scale: Any, shift: Any, chunk: int) -> None:
    for row in range(chunk * TOGETHER, min(chunk * TOGETHER + TOGETHER, x.shape[0])):
        for i in range(x.shape[1]):
            y[row, i] = (x[row, i] - mean[i]) * scale[i] + shift[i]


@compiled
def _slope(parts: Any, g: Any, x: Any, mean: Any, chunk: int) -> None:
    parts[0, chunk], parts[1, chunk] = 0, 0
    for row in range(chunk * TOGETHER, min(chunk * TOGETHER + TOGETHER, x.shape[0])):
        for i in range(x.shape[1]):
            parts[0, chunk, i] += g[row, i]
            parts[1, chunk, i] += g[row, i] * (x[row, i] - mean[i])


@compiled
def _descend(d: Any, g: Any, x: Any, mean: Any, constants: Any, chunk: int) -> None:
    for row in range(chunk * TOGETHER, min(chunk * TOGETHER + TOGETHER, x.shape[0])):
        for i in range(x.shape[1]):
            slope = g[row, i] * constants[0, i] - (x[row, i] - mean[i]) * constants[1, i] - constants[2, i]
            d[row, i] = slope * constants[3, i]


@parallel
def measure(parts: Any, sums: Any, x: Any) -> None:
    """The mean and the variance of each column within chunks of TOGETHER rows, in `parts` [2, chunks, columns]."""
    if x.size <= SERIAL:
        for chunk in range(parts.shape[1]):
            _measure(parts, sums, x, chunk)
    else:
        for chunk in prange(parts.shape[1]):
            _measure(parts, sums, x, chunk)


@parallel
def normalise(y: Any, x: Any, mean: Any, scale: Any, shift: Any) -> None:
    """(x - mean) · scale + shift."""
    chunks = (x.shape[0] + TOGETHER - 1) // TOGETHER
    if x.size <= SERIAL:
        for chunk in range(chunks):
            _normalise(y, x, mean, scale, shift, chunk)
    else:
        for chunk in prange(chunks):
            _normalise(y, x, mean, scale, shift, chunk)


@parallel
def slope(parts: Any, g: Any, x: Any, mean: Any) -> None:
    """The sums of g and of g · (x - mean) by column within chunks of TOGETHER rows, in `parts` [2, chunks, columns]."""
    if x.size <= SERIAL:
        for chunk in range(parts.shape[1]):
            _slope(parts, g, x, mean, chunk)
    else:
        for chunk in prange(parts.shape[1]):
            _slope(parts, g, x, mean, chunk)


@parallel
def descend(d: Any, g: Any, x: Any, mean: Any, constants: Any) -> None:
    """(g · weight - (x - mean) · along - level) · scale, by rows of constants in this order."""
    chunks = (x.shape[0] + TOGETHER - 1) // TOGETHER
    if x.size <= SERIAL:
        for chunk in range(chunks):
            _descend(d, g, x, mean, constants, chunk)
    else:
        for chunk in prange(chunks):
            _descend(d, g, x, mean, constants, chunk)


@compiled
def _normalise_turned(y: Any, x: Any, mean: Any, scale: Any, shift: Any, example: int) -> None:
    for channel in range(x.shape[2]):
        center, factor, start = mean[channel], scale[channel], shift[channel]
        for place in range(x.shape[1]):
            y[example, channel, place] = (x[example, place, channel] - center) * factor + start


@compiled
def _descend_turned(d: Any, g: Any, x: Any, mean: Any, constants: Any, example: int) -> None:
    for channel in range(x.shape[2]):
        center, weight, along = mean[channel], constants[0, channel], constants[1, channel]
        level, scale = constants[2, channel], constants[3, channel]
        for place in range(x.shape[1]):
            distance = x[example, place, channel] - center
            d[example, channel, place] = (g[example, place, channel] * weight - distance * along - level) * scale


@parallel
def normalise_turned(y: Any, x: Any, mean: Any, scale: Any, shift: Any) -> None:
    """The same from [N, places, C] to [N, C, places]."""
    for example in prange(x.shape[0]):
        _normalise_turned(y, x, mean, scale, shift, example)


@parallel
def descend_turned(d: Any, g: Any, x: Any, mean: Any, constants: Any) -> None:
    """The same from [N, places, C] to [N, C, places]."""
    for example in prange(x.shape[0]):
        _descend_turned(d, g, x, mean, constants, example)
