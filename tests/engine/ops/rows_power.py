"""Rows of powers."""

import numpy as np

from engine.ops.elementwise.power import pow
from engine.testing.row import Sample, binary, row, sample


def real_powers(rng: np.random.Generator) -> list[Sample]:
    base = rng.normal(size=(3, 4))
    return [*[sample(base + 3.0 * np.sign(base), number) for number in (-2, -1.0, 0, 0.0, 1, 2, 3.0)], sample(base, 2)]


def zeros(rng: np.random.Generator) -> list[Sample]:
    return [sample(np.array([0.0, 2.0, 0.0, 3.0]), np.array([2.0, 0.0, 3.0, 1.5]))]


def whole_powers(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.integers(-3, 4, (3, 4)), rng.integers(0, 5, (3, 4))), sample(rng.integers(-3, 4, 5), 3)]


def negative_whole_powers(rng: np.random.Generator) -> list[Sample]:
    return [sample(np.array([-2, -1, -1, 0, 1, 2, 3]), np.array([-1, -1, -2, -3, -5, -1, 2]))]


def truncated_power(input: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """The power in float64, cut to a whole number; 0 to a negative power is 0, as in PyTorch."""
    return np.where(input == 0, 0, np.trunc(np.power(np.where(input == 0, 1.0, input), exponent)))


row(pow, np.power, binary(0.5, 3.0), torch="pow", elementwise=True)
row(pow, np.power, real_powers, torch="pow", label="number")
row(pow, np.power, zeros, torch="pow", gradient=False, label="zero")
row(pow, np.power, whole_powers, torch="pow", label="whole")
row(pow, truncated_power, negative_whole_powers, torch="pow", label="negative")
