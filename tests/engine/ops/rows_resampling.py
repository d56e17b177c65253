"""Rows of resampling along one dimension."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from engine.ops.signals import resampling
from engine.testing.row import Sample, row, sample

Shape = tuple[int, ...]


LENGTHS = ((5, 8), (8, 5), (6, 6), (1, 4), (7, 1), (4, 12), (13, 3))
KERNELS = ("nearest", "nearest-exact", "linear", "cubic", "smooth linear", "smooth cubic", "smooth lanczos")


def resamplings(rng: np.random.Generator) -> list[Sample]:
    calls = [
        sample(rng.normal(size=(2, source, 3)), 1, target, kernel, align, None)
        for (source, target), kernel in itertools.product(LENGTHS, KERNELS)
        for align in ((False, True) if kernel in ("linear", "cubic") else (False,))
    ]
    return [*calls, sample(rng.normal(size=(2, 5)), 1, 8, "linear", False, 1.7)]


def weight(kernel: str, x: float) -> float:
    x = abs(x)
    if kernel.endswith("linear"):
        return max(0.0, 1 - x)
    if kernel.endswith("lanczos"):
        return float(np.sinc(x) * np.sinc(x / 3)) if x < 3 else 0.0
    a = -0.5 if kernel.startswith("smooth") else -0.75
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0.0


def matrix(source: int, target: int, kernel: str, align: bool, scale: float | None) -> np.ndarray:
    """What each element weighs in each place, from the kernels' formulas."""
    step = (source - 1) / max(1, target - 1) if align else 1 / scale if scale else source / target
    result = np.zeros((target, source))
    for place in range(target):
        if kernel.startswith("nearest"):
            centre = (place + (0.5 if kernel == "nearest-exact" else 0)) * step
            result[place, min(math.floor(centre), source - 1)] = 1
        elif kernel.startswith("smooth"):
            centre, width = (place + 0.5) * step - 0.5, max(1, step)
            shares = [weight(kernel, (each - centre) / width) for each in range(source)]
            result[place] = np.array(shares) / sum(shares)
        else:
            centre = place * step if align else (place + 0.5) * step - 0.5
            if kernel == "linear":
                centre = min(max(centre, 0), source - 1)
            for each in range(math.floor(centre) - 1, math.floor(centre) + 3):
                result[place, min(max(each, 0), source - 1)] += weight(kernel, each - centre)
    return result


def resampled(input: np.ndarray, dim: int, length: int, *how: Any) -> np.ndarray:
    return np.moveaxis(np.tensordot(matrix(input.shape[dim], length, *how), input, (1, dim)), 0, dim)


def resampled_back(input: np.ndarray, dim: int, length: int, *how: Any) -> np.ndarray:
    return np.moveaxis(np.tensordot(matrix(length, input.shape[dim], *how).T, input, (1, dim)), 0, dim)


def resampling_shares(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(2, target, 3)), 1, source, kernel, False, None)
        for (source, target), kernel in itertools.product(LENGTHS, KERNELS)
    ]


row(resampling.resample, resampled, resamplings)
row(resampling.resample_backward, resampled_back, resampling_shares)
