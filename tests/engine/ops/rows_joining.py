"""Rows of joining and splitting."""

import numpy as np

from engine.ops.layouts import joining as ops
from engine.testing.row import Sample, row, sample


def joined(rng: np.random.Generator) -> list[Sample]:
    shapes = (
        (((2, 3), (1, 3)), 0),
        (((2, 3), (2, 1), (2, 0)), 1),
        (((2, 3), (2, 2)), -1),
        (((4,),), 0),
        (((0,), (2, 3)), 1),
        (((2, 2, 1), (2, 1, 1)), 1),
    )
    return [sample(tuple(rng.normal(size=shape) for shape in each), dim) for each, dim in shapes]


def end_to_end(tensors: tuple[np.ndarray, ...], dim: int) -> np.ndarray:
    return np.concatenate([each for each in tensors if each.shape != (0,)], axis=dim)


row(ops.cat, end_to_end, joined, torch="cat")


def stacked(rng: np.random.Generator) -> list[Sample]:
    cases = (((2, 3), 2, 0), ((2, 3), 3, -1), ((), 2, 0), ((0, 2), 2, 1), ((4,), 1, 1))
    return [sample(tuple(rng.normal(size=shape) for _ in range(count)), dim) for shape, count, dim in cases]


row(ops.stack, lambda tensors, dim: np.stack(tensors, axis=dim), stacked, torch="stack")


def pieces(rng: np.random.Generator) -> list[Sample]:
    cases = (((5, 2), (2, 3), 0), ((2, 4), (1, 0, 3), -1), ((3,), (3,), 0), ((0, 2), (0, 0), 0))
    return [sample(rng.normal(size=shape), lengths, dim) for shape, lengths, dim in cases]


row(
    ops.split_with_sizes,
    lambda x, lengths, dim: tuple(np.split(x, np.cumsum(lengths)[:-1], axis=dim)),
    pieces,
    torch="split_with_sizes",
)


def slices(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=shape), dim) for shape, dim in (((3, 2), 0), ((2, 3), -1), ((4,), 0), ((1, 2), 0))]


row(
    ops.unbind,
    lambda x, dim: tuple(np.moveaxis(x, dim, 0)[place] for place in range(x.shape[dim])),
    slices,
    torch="unbind",
)
