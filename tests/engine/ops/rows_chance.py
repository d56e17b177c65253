"""Rows of filling and chance: formulas, and the words of Philox under each distribution."""

from typing import Any

import numpy as np
import scipy.stats

from engine.autograd.draw import Draw
from engine.backend import philox
from engine.backend.dtype import float32, float64, int32, int64
from engine.ops.layouts import filling
from engine.ops.randomness import chance
from engine.testing.row import Sample, row, sample

NOWHERE = np.zeros(0)


class FixedSource:
    """A generator that never moves on."""

    def draw(self) -> Draw:
        return Draw(self, 5, 11)


DRAW = Draw(FixedSource(), 9, 4)


def calls(*cases: Any) -> Any:
    return lambda rng: [sample(NOWHERE, *each) for each in cases]


def plain(op: Any, oracle: Any, *cases: Any) -> None:
    """A row of an op that makes numbers beside its input."""
    row(op, lambda input, *given: oracle(*given), calls(*cases), gradient=False)


plain(
    filling.new_full,
    lambda size, value, dtype: np.full(size, value),
    ((2, 3), 1.5, float64),
    ((), 2, int64),
    ((0,), 1, int32),
)
plain(
    filling.new_range,
    lambda start, step, count, dtype: np.array([start + step * k for k in range(count)]),
    (0, 1, 5, int64),
    (3, -2, 4, float32),
    (0.5, 0.25, 3, float64),
    (1, 1, 0, int32),
)
plain(filling.new_eye, lambda n, m, dtype: np.eye(n, m), (3, 4, float64), (2, 2, int64), (0, 3, float32))
plain(
    filling.new_linspace,
    lambda start, end, step, steps, dtype: np.linspace(start, end, steps).astype(dtype.numpy),
    (0.0, 1.0, 0.25, 5, float64),
    (2.0, -1.0, -1.0, 4, float64),
    (3.0, 3.0, 0.0, 1, float64),
)
plain(
    filling.new_logspace,
    lambda start, end, step, steps, base, dtype: np.logspace(start, end, steps, base=base).astype(dtype.numpy),
    (0.0, 2.0, 0.5, 5, 10.0, float64),
    (2.0, -1.0, -1.0, 4, 2.0, float64),
)
plain(
    chance.new_uniform,
    lambda size, dtype, draw: philox.bits64(np, 9, 4, size) // 2**11 / 2**53,
    ((3, 4), float64, DRAW),
    ((), float64, DRAW),
)
plain(
    chance.new_normal,
    lambda size, dtype, draw: philox.normal(np, 9, 4, size, "float64"),
    ((3, 4), float64, DRAW),
    ((5,), float64, DRAW),
)
MANY = (199, 331)


def single_words(size: Any) -> np.ndarray:
    """Numbers in [0, 1) as float32 has them."""
    return philox.bits32(np, 9, 4, size) // 2**8 / 2**24


row(
    chance.new_uniform,
    lambda input, size, dtype, draw: single_words(size),
    calls(((3, 4), float32, DRAW)),
    large=calls((MANY, float32, DRAW), ((129, 127), float32, DRAW)),
    dtypes=("float32",),
    gradient=False,
    label="float32",
)
row(
    chance.new_normal,
    lambda input, size, dtype, draw: philox.normal(np, 9, 4, size),
    calls(((3, 4), float32, DRAW)),
    large=calls((MANY, float32, DRAW), ((129, 127), float32, DRAW)),
    dtypes=("float32",),
    gradient=False,
    label="float32",
)
plain(
    chance.new_integers,
    lambda low, high, size, dtype, draw: np.array(
        [low + int(word) * (high - low) // 2**64 for word in philox.bits64(np, 9, 4, size).ravel()]
    ).reshape(size),
    (0, 10, (3, 4), int64, DRAW),
    (-5, 5, (2,), int32, DRAW),
)
plain(chance.new_permutation, lambda n, dtype, draw: np.argsort(philox.bits64(np, 9, 4, n)), (7, int64, DRAW))


def shaped(*attributes: Any) -> Any:
    def draw(rng: np.random.Generator) -> list[Sample]:
        return [sample(rng.uniform(0.1, 0.9, shape), *attributes, DRAW) for shape in ((3, 4), (), (0, 2), (5,))]

    return draw


def words(x: np.ndarray) -> np.ndarray:
    """Numbers in [0, 1) of the shape of x."""
    return philox.bits64(np, 9, 4, x.shape) // 2**11 / 2**53


DOUBLE = ("float64",)
row(chance.uniform, lambda x, low, high, draw: low + (high - low) * words(x), shaped(-1.0, 3.0), dtypes=DOUBLE)
row(
    chance.normal,
    lambda x, mean, std, draw: mean + std * philox.normal(np, 9, 4, x.shape, "float64"),
    shaped(1.0, 2.0),
    dtypes=DOUBLE,
)
row(
    chance.uniform,
    lambda x, low, high, draw: low + (high - low) * single_words(x.shape),
    shaped(-1.0, 3.0),
    large=lambda rng: [sample(rng.normal(size=MANY), -1.0, 3.0, DRAW), sample(rng.normal(size=7), 0.0, 1.0, DRAW)],
    dtypes=("float32",),
    gradient=False,
    label="float32",
)
row(
    chance.normal,
    lambda x, mean, std, draw: mean + std * philox.normal(np, 9, 4, x.shape),
    shaped(1.0, 2.0),
    large=lambda rng: [sample(rng.normal(size=MANY), 1.0, 2.0, DRAW), sample(rng.normal(size=5), 0.0, 1.0, DRAW)],
    dtypes=("float32",),
    gradient=False,
    label="float32",
)
row(chance.exponential, lambda x, lambd, draw: -np.log(1 - words(x)) / lambd, shaped(2.0), dtypes=DOUBLE)
row(
    chance.log_normal,
    lambda x, mean, std, draw: np.exp(mean + std * philox.normal(np, 9, 4, x.shape, "float64")),
    shaped(0.5, 2.0),
    dtypes=DOUBLE,
)
row(
    chance.cauchy,
    lambda x, median, sigma, draw: scipy.stats.cauchy.ppf(words(x), median, sigma),
    shaped(0.5, 2.0),
    dtypes=DOUBLE,
)
row(chance.geometric, lambda x, p, draw: scipy.stats.geom.ppf(words(x), p), shaped(0.3), dtypes=DOUBLE)


def rates(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.uniform(0, top, shape), DRAW) for top, shape in ((1, (3, 4)), (900, (20,)), (5, ()), (5, (0, 2)))
    ]


row(chance.poisson, lambda x, draw: scipy.stats.poisson.ppf(words(x), x), rates, dtypes=DOUBLE)
row(chance.integers, lambda x, low, high, draw: np.floor(low + (high - low) * words(x)), shaped(0, 7), dtypes=DOUBLE)
row(chance.bernoulli, lambda x, draw: words(x) < x, shaped())


def by_weight(x: np.ndarray, count: int, replacement: bool, draw: Draw) -> np.ndarray:
    """Rows one by one: the bin a number falls into, or the first of exponential arrivals."""
    rows = x.reshape(-1, x.shape[-1])
    if replacement:
        numbers = (philox.bits64(np, 9, 4, (len(rows), count)) // 2**11 / 2**53).tolist()
        found = [
            [int(np.searchsorted(np.cumsum(w), u * w.sum(), "right")) for u in us]
            for w, us in zip(rows, numbers, strict=True)
        ]
    else:
        numbers = words(rows)
        found = [list(np.argsort(-np.log(1 - u) / w)[:count]) for w, u in zip(rows, numbers, strict=True)]
    return np.array(found).reshape(*x.shape[:-1], count)


def weights(rng: np.random.Generator) -> list[Sample]:
    cases = (((5,), 3, False), ((5,), 9, True), ((2, 4), 4, False), ((2, 4), 6, True))
    return [sample(rng.uniform(0.1, 1, shape), count, replacement, DRAW) for shape, count, replacement in cases]


row(chance.multinomial, by_weight, weights, gradient=False, dtypes=DOUBLE)
