"""Rows of scattering by reduction, and of the same bytes as another type."""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.backend.dtype import float64, int64, uint8
from engine.ops.indices import scatter_reduction
from engine.ops.layouts import reinterpretation
from engine.testing.row import Sample, row, sample

GRIDS = (
    ((3, 4), 0, [[2, 0, 1, 2], [2, 1, 1, 0]]),
    ((3, 4), -1, [[0, 0, 3], [2, 2, 2], [3, 0, 1]]),
    ((4,), 0, [3, 1, 3]),
    ((), 0, 0),
    ((3,), 0, np.zeros(0)),
)


def reductions(rng: np.random.Generator) -> list[Sample]:
    made = []
    for shape, dim, given in GRIDS:
        index = np.array(given, int)
        for reduce in scatter_reduction.REDUCTIONS:
            for include in (True, False):
                source = np.asarray(rng.normal(size=index.shape))
                made.append(sample(np.asarray(rng.normal(size=shape)), dim, index, source, reduce, include))
    return made


COMBINE: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "amax": np.max,
    "amin": np.min,
}


def reduced(x: np.ndarray, dim: int, index: np.ndarray, src: np.ndarray, reduce: str, include_self: bool) -> Any:
    """Everything that lands on an element, listed, then reduced."""
    if not x.ndim:
        return reduced(x[None], 0, index[None], src[None], reduce, include_self)[0]
    landed: dict[tuple[int, ...], list[float]] = {}
    along = dim % x.ndim
    for place in np.ndindex(*index.shape):
        target = (*place[:along], int(index[place]), *place[along + 1 :])
        landed.setdefault(target, []).append(float(src[place]))
    result = x.copy()
    combine = COMBINE[reduce]
    for target, values in landed.items():
        result[target] = combine([*values, x[target]] if include_self else values)
    return result


def in_torch(x: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool) -> Any:
    return x.scatter_reduce(dim, index, src, reduce, include_self=include_self)


row(scatter_reduction.reduce_into, reduced, reductions, torch=in_torch)


def ties(rng: np.random.Generator) -> list[Sample]:
    x, source = np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.0, 0.0, 3.0])
    index = np.array([0, 1, 1, 2])
    return [sample(x, 0, index, source, reduce, flag) for reduce in ("prod", "amax", "amin") for flag in (True, False)]


row(scatter_reduction.reduce_into, reduced, ties, torch=in_torch, gradient=False, label="ties and zeros")

row(
    reinterpretation.view_as_dtype,
    lambda x, kind: x.view(kind.numpy),
    lambda rng: [sample(rng.normal(size=(2, 3)), each) for each in (float64, int64, uint8)],
    torch=lambda x, kind: x.view(kind),
    gradient=False,
    dtypes=("float64",),
)
