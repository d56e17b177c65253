"""Rows of the norm of many tensors."""

import numpy as np

from engine.kernels.cpu.chunks import CHUNK, LEAST
from engine.kernels.cpu.optimizers_passes import SERIAL_UPDATE
from engine.ops.reductions.joint_norm import joint_norm
from engine.testing.row import Sample, row, sample


def lists(rng: np.random.Generator) -> list[Sample]:
    cases = (((3, 4), (4,), ()), ((5,),), ((0,), (2, 3)), ((), ()), ((2, 0, 3), (1,)), ((1,), (2, 1, 3), (7,)))
    return [sample(tuple(rng.uniform(0.3, 2, size=shape) for shape in shapes)) for shapes in cases]


def many(rng: np.random.Generator) -> list[Sample]:
    cases = (((LEAST,), (0,), (3, 5)), ((7,), (SERIAL_UPDATE + 3 * CHUNK + 5,)), ((), (131, 257)))
    return [sample(tuple(rng.normal(size=shape) for shape in shapes)) for shapes in cases]


row(
    joint_norm,
    lambda tensors: np.sqrt(sum((each * each).sum() for each in tensors)),
    lists,
    large=many,
)
