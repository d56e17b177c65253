"""The row of what puts gradients beside each other."""

import numpy as np

from engine.autograd.stacking import stacked
from engine.testing.row import Sample, row, sample


def several(rng: np.random.Generator) -> list[Sample]:
    cases = (((2, 3), 2), ((), 3), ((0, 2), 2), ((4,), 1))
    return [sample(tuple(rng.normal(size=shape) for _ in range(count))) for shape, count in cases]


row(stacked, np.stack, several, torch="stack")
