"""Mean and spread of the rows of a matrix, the sums that their gradients need, and sums of partial results."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.jit import compiled, inlined

# So many values of a row are added in float32, in several lanes, before the sum goes on in float64.
BLOCK = 1 << 13


@inlined
def at(start: int, i: int) -> Any:
    """Start + i as an index that can't count from the end, which loops would have to ask of each element."""
    return np.uint64(start) + np.uint64(i)


@inlined
def moments(x: Any, row: int) -> tuple[float, float]:
    """The mean of a row and the mean of the squared distances from it.

    Two passes: the second measures from the first one's mean, and makes up for what rounding took from it (Chan, Golub
    and LeVeque, "Algorithms for Computing the Sample Variance", 1983).
    """
    width = x.shape[1]
    total: Any = 0.0
    for start in range(0, width, BLOCK):
        part = np.float32(0)
        for i in range(min(BLOCK, width - start)):
            part += x[row, at(start, i)]
        total += part
    guess = np.float32(total / width)
    total = 0.0
    squares: Any = 0.0
    for start in range(0, width, BLOCK):
        part, square = np.float32(0), np.float32(0)
        for i in range(min(BLOCK, width - start)):
            distance = x[row, at(start, i)] - guess
            part += distance
            square += distance * distance
        total += part
        squares += square
    shift = total / width
    # Distances from an infinite mean are NaN.
    mean = guess + shift if shift == shift else np.float64(guess)
    variance = squares / width - shift * shift
    return mean, 0.0 if variance < 0 else variance


@inlined
def mean_square(x: Any, row: int) -> float:
    """The mean of the squares of a row."""
    width = x.shape[1]
    squares: Any = 0.0
    for start in range(0, width, BLOCK):
        square = np.float32(0)
        for i in range(min(BLOCK, width - start)):
            value = x[row, at(start, i)]
            square += value * value
        squares += square
    return squares / width


@inlined
def slopes(g: Any, x: Any, row: int, mean: float) -> tuple[float, float]:
    """The sums of g and of g · (x - mean) over a row."""
    width = x.shape[1]
    total: Any = 0.0
    along: Any = 0.0
    for start in range(0, width, BLOCK):
        part, product = np.float32(0), np.float32(0)
        for i in range(min(BLOCK, width - start)):
            upstream = g[row, at(start, i)]
            part += upstream
            product += upstream * (x[row, at(start, i)] - mean)
        total += part
        along += product
    return total, along


@compiled
def add_rows(target: Any, total: Any, parts: Any) -> None:
    """The sum of a matrix's rows, in order; in float64, for which `total` has the room."""
    total[:] = 0
    for row in range(parts.shape[0]):
        for i in range(parts.shape[1]):
            total[i] += parts[row, i]
    for i in range(target.size):
        target[i] = total[i]


@inlined
def _share(part: int, rows: int, together: int, repeats: int) -> float:
    return min(together, rows - part // repeats * together) / (rows * repeats)


@compiled
def gather(totals: Any, parts: Any, rows: int, together: int, repeats: int) -> None:
    """Means and variances from those of parts [2, parts, columns], each of `together` of the rows or the rest of them.

    Every `repeats` parts are of the same rows. See Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm
    for Computing Sample Variances" (1979).
    """
    totals[:] = 0
    for part in range(parts.shape[1]):
        share = _share(part, rows, together, repeats)
        for i in range(parts.shape[2]):
            totals[0, i] += share * parts[0, part, i]
    for part in range(parts.shape[1]):
        share = _share(part, rows, together, repeats)
        for i in range(parts.shape[2]):
            distance = parts[0, part, i] - totals[0, i]
            totals[1, i] += share * (parts[1, part, i] + distance * distance)
