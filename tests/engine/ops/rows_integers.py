"""Rows of divisors and multiples."""

import numpy as np

from engine.ops.elementwise import integers as ops
from engine.testing.row import PAIRS, Sample, row, sample


def whole(rng: np.random.Generator) -> list[Sample]:
    signed = [sample(*(rng.integers(-30, 31, shape) for shape in shapes)) for shapes in PAIRS]
    return [
        *signed,
        sample(np.array([0, 0, 6, -6]), np.array([0, 5, 0, 4])),
        sample(np.arange(9, dtype="uint8"), np.array(6)),
    ]


for _op, _oracle in ((ops.gcd, np.gcd), (ops.lcm, np.lcm)):
    row(_op, _oracle, whole, torch=_op.name, gradient=False, elementwise=True)
