"""Adagrad and RMSprop in one pass: gradients over the root of their sum or mean of squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.chunks import CHUNK
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.optimizers_passes import update_rule


@compiled
def _move(parameter: Any, gradient: Any, square: Any, coefficients: Any) -> None:
    """θ ← κθ − ηg / (√v + ε) with g = σ∇ + λθ and v ← αv + νg² before."""
    scale, decay, keep, rate, alpha, new, eps = coefficients
    for place in range(parameter.size):
        value = parameter[place]
        slope = gradient[place] * scale
        if decay != 0:
            slope += value * decay
        sum_of_squares = square[place] * alpha + slope * new * slope
        square[place] = sum_of_squares
        parameter[place] = value * keep - slope / (np.sqrt(sum_of_squares) + eps) * rate


@compiled
def _roll(parameter: Any, gradient: Any, square: Any, velocity: Any, coefficients: Any) -> None:
    """As `_move`, with b ← μb + g / (√v + ε) in the place of that quotient."""
    scale, decay, keep, rate, alpha, new, eps, momentum = coefficients
    for place in range(parameter.size):
        value = parameter[place]
        slope = gradient[place] * scale
        if decay != 0:
            slope += value * decay
        sum_of_squares = square[place] * alpha + slope * new * slope
        square[place] = sum_of_squares
        speed = velocity[place] * momentum + slope / (np.sqrt(sum_of_squares) + eps)
        velocity[place] = speed
        parameter[place] = value * keep - speed * rate


@parallel
def _move_on_all(parameter: Any, gradient: Any, square: Any, coefficients: Any) -> None:
    for chunk in prange((parameter.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, parameter.size)
        _move(parameter[start:stop], gradient[start:stop], square[start:stop], coefficients)


@parallel
def _roll_on_all(parameter: Any, gradient: Any, square: Any, velocity: Any, coefficients: Any) -> None:
    for chunk in prange((parameter.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, parameter.size)
        _roll(parameter[start:stop], gradient[start:stop], square[start:stop], velocity[start:stop], coefficients)


squares = update_rule(_move, _move_on_all)
squares_with_momentum = update_rule(_roll, _roll_on_all)
