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


def large(rng: np.random.Generator) -> list[Sample]:
    """Rows of all lengths: whole vectors, parts of one, longer than what is worked on at a time, a single one."""
    shapes = ((37, 1024), (3, 1111, 10), (3, 11003), (33000, 1), (34000,))
    return [sample(3 * rng.normal(size=shape), -1) for shape in shapes]


def gradients(function: Any, drawn: Any) -> Any:
    """What comes from above and what `function` gives of the drawn arrays."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        return [
            sample(rng.normal(size=each.args[0].shape), np.asarray(of(function)(*each.args)), each.args[1])
            for each in drawn(rng)
        ]

    return draw


def slope(g: np.ndarray, y: np.ndarray, dim: int) -> np.ndarray:
    total = (g * y).sum(dim, keepdims=True) if y.ndim else g * y
    return g * y - y * total


def slope_of_logarithm(g: np.ndarray, y: np.ndarray, dim: int) -> np.ndarray:
    total = g.sum(dim, keepdims=True) if y.ndim else g
    return g - np.exp(y) * total


row(ops.softmax, of(special.softmax), calls, torch="softmax", large=large)
row(ops.log_softmax, of(special.log_softmax), calls, torch="log_softmax", large=large)
row(
    ops.softmax_backward, slope, gradients(special.softmax, calls), large=gradients(special.softmax, large),
)  # fmt: skip
row(
    ops.log_softmax_backward, slope_of_logarithm, gradients(special.log_softmax, calls),
    large=gradients(special.log_softmax, large),
)  # fmt: skip
