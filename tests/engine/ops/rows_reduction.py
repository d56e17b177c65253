"""Rows of reductions: sums, means, products, variances, norms, extremes and running sums."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.ops.reductions import cumulative, extremes, norm
from engine.ops.reductions import reduction as ops
from engine.ops.reductions import variance as variances_of
from engine.testing.row import Sample, row, sample

Samples = Callable[[np.random.Generator], list[Sample]]


def reductions(
    required: bool = False, empty: bool = True, low: float = -2, high: float = 2, **keywords: Any
) -> Samples:
    """Calls over all kinds of dimensions, with and without keeping them."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        def array(*shape: int) -> np.ndarray:
            return np.asarray(rng.uniform(low, high, shape))

        calls = [
            sample(array(3, 4), 1, **keywords),
            sample(array(3, 4), -2, keepdim=True, **keywords),
            sample(array(2, 3, 4), (0, -1), **keywords),
            sample(array(2, 3, 4), (1, 2), keepdim=True, **keywords),
            sample(array(2, 3, 4).transpose(2, 0, 1), 1, **keywords),
            sample(array(1, 5), 0, **keywords),
            sample(array(), 0, **keywords),
            sample(array(0, 3), 1, **keywords),
        ]
        if empty:
            calls += [sample(array(0, 3), 0, **keywords), sample(array(2, 0, 3), (1, 2), **keywords)]
        if not required:
            calls += [sample(array(3, 4), **keywords), sample(array(), **keywords), sample(array(3, 4), (), **keywords)]
        return calls

    return draw


def one_dim(*attributes: Any, low: float = -2, high: float = 2, distinct: bool = False) -> Samples:
    """Calls over a single dimension; `distinct` draws no two elements close to each other."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        def array(*shape: int) -> np.ndarray:
            if distinct:
                return np.asarray((rng.permutation(math.prod(shape)).reshape(shape) + rng.uniform(0, 0.5, shape)) / 5)
            return np.asarray(rng.uniform(low, high, shape))

        return [
            sample(array(3, 4), *attributes, 1),
            sample(array(3, 4), *attributes, -2),
            sample(array(2, 3, 4).transpose(2, 0, 1), *attributes, 1),
            sample(array(1, 5), *attributes, 0),
            sample(array(), *attributes, -1),
            sample(array(0, 3), *attributes, 1),
        ]

    return draw


def dims_of(array: np.ndarray, dim: Any) -> tuple[int, ...]:
    """The axes for NumPy."""
    if dim is None or dim == () or not array.ndim:
        return tuple(range(array.ndim))
    return dim if isinstance(dim, tuple) else (dim,)


def over(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function as an oracle of a reduction."""

    def oracle(array: np.ndarray, dim: Any = None, keepdim: bool = False) -> Any:
        return function(array, axis=dims_of(array, dim), keepdims=keepdim)

    return oracle


def along(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function of one axis as an oracle; a 0-d array is a vector of one."""

    def oracle(array: np.ndarray, dim: int, *rest: Any) -> Any:
        return function(array, dim, *rest) if array.ndim else function(array.reshape(1), 0, *rest).reshape(())

    return oracle


def variance(array: np.ndarray, dim: Any = None, keepdim: bool = False, correction: float = 1) -> Any:
    return np.var(array, axis=dims_of(array, dim), keepdims=keepdim, ddof=correction)


def log_of_sum(array: np.ndarray, dim: Any, keepdim: bool = False) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(np.sum(np.exp(array), axis=dims_of(array, dim), keepdims=keepdim))


def variances(rng: np.random.Generator) -> list[Sample]:
    return [Sample(call.args, {**call.keywords, "correction": 0.5}) for call in reductions(empty=False)(rng)]


def norms(order: float) -> Samples:
    def draw(rng: np.random.Generator) -> list[Sample]:
        return [
            Sample((np.where(abs(call.args[0]) < 0.05, 0.1, call.args[0]), order, *call.args[1:]), call.keywords)
            for call in reductions(empty=False)(rng)
        ]

    return draw


def norm_by_definition(array: np.ndarray, order: float, dim: Any = None, keepdim: bool = False) -> Any:
    axes = dims_of(array, dim)
    if np.isinf(order):
        return (np.max if order > 0 else np.min)(abs(array), axis=axes, keepdims=keepdim)
    if order == 0:
        return np.sum(array != 0, axis=axes, keepdims=keepdim)
    return np.sum(abs(array) ** order, axis=axes, keepdims=keepdim) ** (1 / order)


def with_zeros(rng: np.random.Generator) -> list[Sample]:
    one, two = rng.uniform(0.5, 2, (2, 3, 5))
    one[:, 2] = 0
    two[0, 1] = two[0, 3] = 0
    return [sample(one, 1), sample(two, 1), sample(two, 0)]


def sparse(rng: np.random.Generator) -> list[Sample]:
    array = rng.integers(0, 2, (3, 4))
    return [sample(array), sample(array, 0), sample(array != 0, (0, 1)), sample(np.zeros((0, 2)), 0)]


def large_sums(rng: np.random.Generator) -> list[Sample]:
    """Rows, columns, both and everything, in one piece and in several."""
    calls: tuple[tuple[tuple[int, ...], Any], ...] = (
        ((70003,), None),
        ((3, 33001), None),
        ((4099, 17), -1),
        ((3, 45001), (1,)),
        ((8209, 17), 0),
        ((5, 130, 131), (0, 1)),
        ((5, 130, 131), (0, 2)),
        ((5, 130, 131), 1),
        ((2, 3, 11, 1, 1201), (0, 1, 4)),
    )
    # Small, so that the rounding of long sums is.
    return [
        sample(rng.normal(size=shape) / 16, dim, keepdim=bool(place % 2)) for place, (shape, dim) in enumerate(calls)
    ]


row(ops.sum, over(np.sum), reductions(), torch="sum", large=large_sums)
row(ops.mean, over(np.mean), reductions(empty=False), torch="mean", large=large_sums)
row(ops.prod, over(np.prod), reductions())
row(ops.prod, over(np.prod), with_zeros, label="zeros")
row(ops.logsumexp, log_of_sum, reductions(required=True, empty=False), torch="logsumexp")
row(ops.logsumexp, log_of_sum, lambda rng: [sample(np.zeros((0, 3)), 0)], gradient=False, label="empty")
row(variances_of.variance, variance, reductions(empty=False, low=-1, correction=0))
row(variances_of.variance, variance, variances, label="correction")
row(
    variances_of.standard_deviation,
    lambda *args, **keywords: np.sqrt(variance(*args, **keywords)),
    lambda rng: spread_out(rng),
)
row(ops.any, over(np.any), sparse, gradient=False)
row(ops.all, over(np.all), sparse, gradient=False)
row(ops.count_nonzero, over(np.count_nonzero), sparse, gradient=False)
row(norm.vector_norm, norm_by_definition, norms(2))
row(norm.vector_norm, norm_by_definition, norms(1), label="1")
row(norm.vector_norm, norm_by_definition, norms(0), label="0", gradient=False)
row(norm.vector_norm, norm_by_definition, norms(3), label="3")
row(norm.vector_norm, norm_by_definition, norms(1.5), label="1.5")
row(norm.vector_norm, norm_by_definition, norms(np.inf), label="inf")
row(norm.vector_norm, norm_by_definition, norms(-np.inf), label="minus inf")


def spread_out(rng: np.random.Generator) -> list[Sample]:
    array = rng.uniform(-2, 2, (2, 3, 4))
    return [sample(array), sample(array, 1, correction=0), sample(array, (0, -1), keepdim=True), sample(array[0].T, 0)]


def indexed(values: Callable[..., Any], positions: Callable[..., Any]) -> Callable[..., Any]:
    def oracle(array: np.ndarray, dim: int) -> Any:
        if not array.ndim:
            return array, np.zeros((), int)
        return values(array, axis=dim), positions(array, axis=dim)

    return oracle


row(extremes.amax, over(np.max), reductions(empty=False), torch="amax")
row(extremes.amin, over(np.min), reductions(empty=False), torch="amin")
row(extremes.max_dim, indexed(np.max, np.argmax), one_dim(distinct=True), torch="max")
row(extremes.min_dim, indexed(np.min, np.argmin), one_dim(distinct=True), torch="min")
row(extremes.argmax, along(np.argmax), one_dim(), gradient=False)
row(extremes.argmin, along(np.argmin), one_dim(), gradient=False)
row(cumulative.cumsum, along(np.cumsum), one_dim(), torch="cumsum")
row(cumulative.cumprod, along(np.cumprod), one_dim(), torch="cumprod")
row(cumulative.cumprod, along(np.cumprod), with_zeros, label="zeros")


def so_far(extreme: Any) -> Callable[..., Any]:
    """Running extremes by definition, and the last place of each."""

    def of_line(line: np.ndarray) -> Any:
        values = np.array([extreme(line[: end + 1]) for end in range(len(line))])
        places = [np.flatnonzero(line[: end + 1] == value)[-1] for end, value in enumerate(values)]
        return np.stack([values, np.asarray(places, float)])

    def oracle(array: np.ndarray, dim: int) -> Any:
        if not array.size:
            return array, array.astype(int)
        if not array.ndim:
            return array, np.zeros((), int)
        both = np.apply_along_axis(lambda line: of_line(line).reshape(-1), dim, array)
        values, places = np.split(both, 2, axis=dim)
        return values, places.astype(int)

    return oracle


def with_ties(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.integers(0, 3, (4, 6)), 1), sample(rng.integers(0, 3, (4, 6)), 0)]


def running_logarithm(array: np.ndarray, dim: int) -> Any:
    return np.log(np.cumsum(np.exp(array), axis=dim)) if array.ndim else array


row(cumulative.cummax, so_far(np.max), one_dim(distinct=True), torch="cummax")
row(cumulative.cummin, so_far(np.min), one_dim(distinct=True), torch="cummin")
row(cumulative.cummax, so_far(np.max), with_ties, label="ties", gradient=False)
row(cumulative.cummin, so_far(np.min), with_ties, label="ties", gradient=False)
row(cumulative.logcumsumexp, running_logarithm, one_dim(), torch="logcumsumexp")
