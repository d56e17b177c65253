"""Linear functions in tests: the adjoint, found by trying each unit vector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def adjoint(function: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...], upstream: np.ndarray) -> np.ndarray:
    """A linear function's adjoint, from what it makes of each unit vector."""
    result = np.zeros(shape)
    for place in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[place] = 1
        result[place] = (function(unit) * upstream).sum()
    return result
