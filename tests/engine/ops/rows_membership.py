"""Rows of membership."""

import numpy as np

from engine.ops.reductions.membership import is_member
from engine.testing.row import Sample, row, sample


def sets(rng: np.random.Generator) -> list[Sample]:
    elements = rng.integers(0, 9, (3, 4)).astype("float64")
    return [
        sample(elements, np.array([1.0, 2.0, 5.0])),
        sample(elements, 3),
        sample(2.0, elements),
        sample(elements, np.arange(0, 9, 2)),
        sample(elements, np.zeros(0), invert=True),
        sample(np.array([np.nan, 1.0]), np.array([np.nan, 2.0])),
        sample(np.array(4), np.arange(9), assume_unique=True),
        sample(rng.integers(0, 99, 50), rng.integers(0, 99, 40), False, True),
    ]


def by_comparison(
    elements: np.ndarray, test_elements: np.ndarray, assume_unique: bool = False, invert: bool = False
) -> np.ndarray:
    found = (np.asarray(elements)[..., None] == np.asarray(test_elements).reshape(-1)).any(-1)
    return ~found if invert else found


row(is_member, by_comparison, sets, gradient=False)
