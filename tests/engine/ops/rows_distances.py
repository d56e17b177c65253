"""Rows of distances."""

from __future__ import annotations

import numpy as np

from engine.ops.reductions import distances as ops
from engine.testing.row import Sample, row, sample


def pairs(rng: np.random.Generator) -> list[Sample]:
    def array(*shape: int) -> np.ndarray:
        return rng.normal(size=shape)

    return [
        sample(array(4, 3), array(5, 3)),
        sample(array(2, 4, 3), array(2, 2, 3)),
        sample(array(2, 1, 4, 3), array(3, 2, 3)),
        sample(array(3, 4).T, array(5, 3)),
        sample(array(0, 3), array(2, 3)),
    ]


def by_definition(x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x1[..., :, None, :] - x2[..., None, :, :], axis=-1)


row(ops.euclidean_distances, by_definition, pairs, torch="cdist")
