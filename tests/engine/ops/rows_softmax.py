"""Rows of softmax and its logarithm."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from engine.ops.reductions import softmax as ops
from engine.testing.row import Sample, row, sample


def calls(rng: np.random.Generator) -> list[Sample]:
    array = rng.normal(size=(2, 3, 4))
    return [
        sample(array[0], 1),
        sample(array, -2),
        sample(array.transpose(2, 0, 1), 0),
        sample(array[0, :, :1] + 500, 1),
        sample(array[0] * 300, 0),
        sample(np.asarray(1.5), 0),
        sample(np.zeros((0, 3)), 0),
        sample(np.zeros((2, 0)), 0),
        sample(array[0, 0], 0),
    ]


def of(function: Any) -> Any:
    def oracle(array: np.ndarray, dim: int) -> Any:
        return function(array, axis=dim if array.ndim else None) if array.size else array

    return oracle


row(ops.softmax, of(special.softmax), calls, torch="softmax")
row(ops.log_softmax, of(special.log_softmax), calls, torch="log_softmax")
