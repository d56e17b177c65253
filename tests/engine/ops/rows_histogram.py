"""Rows of histograms."""

from __future__ import annotations

import numpy as np

from engine.ops.reductions import histogram as ops
from engine.testing.row import Sample, row, sample


def values(rng: np.random.Generator) -> list[Sample]:
    array = rng.normal(size=(4, 5))
    return [
        sample(array, 4, -1.0, 2.0),
        sample(array, 7),
        sample(array[0], 3, 0, 0),
        sample(np.full(3, 2.0), 4),
        sample(np.zeros(0), 3),
        sample(np.asarray(0.5), 2, 0, 1),
    ]


def counted(array: np.ndarray, bins: int, low: float = 0, high: float = 0) -> np.ndarray:
    if low == high and array.size:
        low, high = array.min(), array.max()
    if low == high:
        low, high = low - 1, high + 1
    return np.histogram(array, bins, (low, high))[0].astype(array.dtype)


row(ops.histc, counted, values, gradient=False, torch="histc")
