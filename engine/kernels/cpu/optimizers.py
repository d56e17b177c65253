"""Descent and Lion in one pass over gradients, momentum and parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.chunks import CHUNK
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.optimizers_passes import update_rule


@compiled
def _descend(parameter: Any, gradient: Any, coefficients: Any) -> None:
    """θ ← κθ − ηg with g = σ∇ + λθ."""
    scale, decay, keep, rate = coefficients
    for place in range(parameter.size):
        value = parameter[place]
        slope = gradient[place] * scale
        if decay != 0:
            slope += value * decay
        parameter[place] = value * keep - slope * rate


@compiled
def _roll(parameter: Any, gradient: Any, velocity: Any, coefficients: Any) -> None:
    """As `_descend`, with v ← μv + νg and ag + bv in the place of g; where μ is 0 v is not read."""
    scale, decay, keep, rate, momentum, new, own, carried = coefficients
    for place in range(parameter.size):
        value = parameter[place]
        slope = gradient[place] * scale
        if decay != 0:
            slope += value * decay
        speed = slope * new
        if momentum != 0:
            speed += velocity[place] * momentum
        velocity[place] = speed
        change = speed * carried
        if own != 0:
            change += slope * own
        parameter[place] = value * keep - change * rate


@compiled
def _follow_sign(parameter: Any, gradient: Any, mean: Any, coefficients: Any) -> None:
    """θ ← κθ − η sign(β₁m + (1 − β₁)g);  m ← β₂m + (1 − β₂)g."""
    scale, _, keep, rate, first, first_new, second, second_new = coefficients
    for place in range(parameter.size):
        slope = gradient[place] * scale
        before = mean[place]
        change = before * first + slope * first_new
        # NaN stays what it is.
        sign = np.float32(1) if change > 0 else (np.float32(-1) if change < 0 else change)
        parameter[place] = parameter[place] * keep - sign * rate
        mean[place] = before * second + slope * second_new


@parallel
def _descend_on_all(parameter: Any, gradient: Any, coefficients: Any) -> None:
    for chunk in prange((parameter.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, parameter.size)
        _descend(parameter[start:stop], gradient[start:stop], coefficients)


@parallel
def _roll_on_all(parameter: Any, gradient: Any, velocity: Any, coefficients: Any) -> None:
    for chunk in prange((parameter.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, parameter.size)
        _roll(parameter[start:stop], gradient[start:stop], velocity[start:stop], coefficients)


@parallel
def _follow_sign_on_all(parameter: Any, gradient: Any, mean: Any, coefficients: Any) -> None:
    for chunk in prange((parameter.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, parameter.size)
        _follow_sign(parameter[start:stop], gradient[start:stop], mean[start:stop], coefficients)


descent = update_rule(_descend, _descend_on_all)
descent_with_momentum = update_rule(_roll, _roll_on_all)
lion = update_rule(_follow_sign, _follow_sign_on_all)
