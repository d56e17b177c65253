"""Numeric gradients along a random direction, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Arrays = Sequence[np.ndarray]


def numeric_direction(
    function: Callable[[Arrays], float], points: Arrays, directions: Arrays, step: float = 1e-6
) -> float:
    """The derivative of a scalar function of arrays along `directions`, by central differences of order four."""

    def at(distance: float) -> float:
        return function([point + distance * direction for point, direction in zip(points, directions, strict=True)])

    return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
