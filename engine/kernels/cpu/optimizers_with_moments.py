"""Adam and its kin in one pass: the mean gradient, the mean square, and the step that they lead to."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.chunks import CHUNK
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.optimizers_passes import update_rule

# A loop over all five arrays would not be vectorised: Numba cannot say that they lie apart, LLVM asks for so many no
# more. Two loops take turns, over elements that stay in the first-level cache.
_BLOCK = 1 << 10


@compiled
def _move(parameter: Any, gradient: Any, mean: Any, square: Any, coefficients: Any) -> None:
    """θ ← κθ − η (ag + bm) / (ρ√v + ε) with g = σ∇ + λθ, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²; no √v if ρ is 0."""
    scale, decay, keep, rate, first, first_new, second, second_new, own, carried, spread, eps = coefficients
    for place in range(parameter.size):
        value = parameter[place]
        slope = gradient[place] * scale
        if decay != 0:
            slope += value * decay
        average = mean[place] * first + slope * first_new
        average_square = square[place] * second + slope * second_new * slope
        mean[place] = average
        square[place] = average_square
        root = eps
        if spread != 0:
            root += np.sqrt(average_square) * spread
        change = average * carried
        if own != 0:
            change += slope * own
        parameter[place] = value * keep - change / root * rate


@compiled
def _take_means(parameter: Any, gradient: Any, mean: Any, square: Any, coefficients: Any) -> None:
    scale, decay, _, _, first, first_new, second, second_new, _, _, _, _ = coefficients
    for place in range(parameter.size):
        slope = gradient[place] * scale
        if decay != 0:
            slope += parameter[place] * decay
        mean[place] = mean[place] * first + slope * first_new
        square[place] = square[place] * second + slope * second_new * slope


@compiled
def _move_by_largest(parameter: Any, mean: Any, square: Any, largest: Any, coefficients: Any) -> None:
    _, _, keep, rate, _, _, _, _, _, _, spread, eps = coefficients
    for place in range(parameter.size):
        high, now = largest[place], square[place]
        # NaN is larger than all, whichever of the two it is.
        if now > high or now != now:
            high = now
        largest[place] = high
        parameter[place] = parameter[place] * keep - mean[place] / (np.sqrt(high) * spread + eps) * rate


@compiled
def _move_with_largest(parameter: Any, gradient: Any, mean: Any, square: Any, largest: Any, coefficients: Any) -> None:
    """As `_move`, with the largest v so far in the place of v."""
    for start in range(0, parameter.size, _BLOCK):
        stop = min(start + _BLOCK, parameter.size)
        values, means, squares = parameter[start:stop], mean[start:stop], square[start:stop]
        _take_means(values, gradient[start:stop], means, squares, coefficients)
        _move_by_largest(values, means, squares, largest[start:stop], coefficients)


@parallel
def _move_on_all(parameter: Any, gradient: Any, mean: Any, square: Any, coefficients: Any) -> None:
    for chunk in prange((parameter.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, parameter.size)
        _move(parameter[start:stop], gradient[start:stop], mean[start:stop], square[start:stop], coefficients)


@parallel
def _move_with_largest_on_all(
    parameter: Any, gradient: Any, mean: Any, square: Any, largest: Any, coefficients: Any
) -> None:
    for chunk in prange((parameter.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, parameter.size)
        _move_with_largest(
            parameter[start:stop],
            gradient[start:stop],
            mean[start:stop],
            square[start:stop],
            largest[start:stop],
            coefficients,
        )


moments = update_rule(_move, _move_on_all)
moments_with_largest = update_rule(_move_with_largest, _move_with_largest_on_all)
