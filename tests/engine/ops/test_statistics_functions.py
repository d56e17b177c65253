"""Quantiles, covariances, histograms and runs, held against NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import engine

RNG = np.random.default_rng(3)
TABLE = RNG.normal(size=(4, 6))
GAPS = np.where(RNG.random((4, 6)) < 0.3, np.nan, TABLE)


def tensor(array: Any) -> Any:
    return engine.from_numpy(np.asarray(array).copy())


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("dim", [None, 0, -1])
def test_a_quantile_is_numpys(interpolation: Any, dim: int | None) -> None:
    shares = np.array([0.0, 0.17, 0.5, 0.93, 1.0])
    ours = engine.quantile(tensor(TABLE), tensor(shares), dim, True, interpolation=interpolation)
    np.testing.assert_allclose(
        ours.numpy(), np.quantile(TABLE, shares, axis=dim, keepdims=True, method=interpolation), rtol=1e-12
    )


def test_a_nan_is_the_quantile_of_its_row_or_left_out() -> None:
    np.testing.assert_allclose(engine.quantile(tensor(GAPS), 0.4, 1).numpy(), np.quantile(GAPS, 0.4, axis=1))
    np.testing.assert_allclose(engine.nanquantile(tensor(GAPS), 0.4, 1).numpy(), np.nanquantile(GAPS, 0.4, axis=1))
    assert engine.nanquantile(tensor([np.nan, np.nan]), 0.5).isnan()


def test_a_quantile_moves_with_the_elements_beside_it() -> None:
    values = tensor([3.0, 1.0, 2.0]).requires_grad_()
    values.quantile(0.75).backward()
    np.testing.assert_allclose(values.grad.numpy(), [0.5, 0.0, 0.5])


def test_a_share_outside_of_its_range_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"range \[0, 1\] but got 1.5"):
        engine.quantile(tensor(TABLE), 1.5)


@pytest.mark.parametrize("correction", [0, 1, 2])
@pytest.mark.parametrize("frequent", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_covariance_is_numpys(correction: int, frequent: bool, weighted: bool) -> None:
    often = np.array([1, 2, 0, 3, 1, 2]) if frequent else None
    weight = np.linspace(0.5, 1, 6) if weighted else None
    ours = engine.cov(
        tensor(TABLE),
        correction=correction,
        fweights=None if often is None else tensor(often),
        aweights=None if weight is None else tensor(weight),
    )
    np.testing.assert_allclose(ours.numpy(), np.cov(TABLE, ddof=correction, fweights=often, aweights=weight))


def test_a_correlation_is_numpys() -> None:
    np.testing.assert_allclose(engine.corrcoef(tensor(TABLE)).numpy(), np.corrcoef(TABLE))
    assert engine.corrcoef(tensor(TABLE[0])).item() == 1


@given(
    arrays.arrays(np.float64, st.integers(0, 30), elements=st.floats(-5, 5).map(lambda value: round(value, 2))),
    st.integers(1, 8),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_histogram_is_numpys(values: np.ndarray, bins: int, density: bool) -> None:
    edges = np.linspace(-3.3, 4.1, bins + 1)
    if density and not np.any((values >= edges[0]) & (values <= edges[-1])):
        density = False
    hist, found = engine.histogram(tensor(values), tensor(edges), density=density)
    np.testing.assert_allclose(hist.numpy(), np.histogram(values, edges, density=density)[0])
    np.testing.assert_array_equal(found.numpy(), edges)


def test_a_histogram_of_points_is_numpys() -> None:
    points, weight = RNG.normal(size=(50, 2)), RNG.random(50)
    hist, edges = engine.histogramdd(
        tensor(points), [3, 4], range=[-1.0, 1.0, -2.0, 2.0], weight=tensor(weight), density=True
    )
    expected = np.histogramdd(points, [3, 4], [(-1, 1), (-2, 2)], weights=weight, density=True)
    np.testing.assert_allclose(hist.numpy(), expected[0])
    for ours, theirs in zip(edges, expected[1], strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-15)


def test_bins_that_are_none_are_named() -> None:
    with pytest.raises(RuntimeError, match="bins must be > 0, but got 0"):
        engine.histogram(tensor(TABLE), 0)


@given(arrays.arrays(np.int64, st.integers(0, 20), elements=st.integers(0, 2)))
@settings(max_examples=60, deadline=None)
def test_runs_give_back_what_they_were_made_of(values: np.ndarray) -> None:
    runs, inverse, counts = engine.unique_consecutive(tensor(values), True, True)
    np.testing.assert_array_equal(runs.numpy()[inverse.numpy()], values)
    np.testing.assert_array_equal(np.repeat(runs.numpy(), counts.numpy()), values)
    assert np.all(runs.numpy()[1:] != runs.numpy()[:-1])


def test_runs_of_columns() -> None:
    table = np.array([[1, 1, 2, 1], [3, 3, 3, 3]])
    runs, inverse, counts = engine.unique_consecutive(tensor(table), True, True, dim=1)
    assert runs.tolist() == [[1, 2, 1], [3, 3, 3]]
    assert inverse.tolist() == [0, 0, 1, 2]
    assert counts.tolist() == [2, 1, 1]


def test_places_in_a_sequence_that_a_sorter_puts_in_order() -> None:
    sequence, values = RNG.normal(size=(3, 7)), RNG.normal(size=(3, 4))
    order = np.argsort(sequence, axis=1)
    ours = engine.searchsorted(tensor(sequence), tensor(values), sorter=tensor(order))
    expected = [
        np.searchsorted(row, each, sorter=rank) for row, each, rank in zip(sequence, values, order, strict=True)
    ]
    np.testing.assert_array_equal(ours.numpy(), expected)


def test_a_number_between_whole_ones_is_placed_as_it_is() -> None:
    steps = tensor([0, 1, 2])
    assert engine.searchsorted(steps, 1.5).item() == 2
    assert engine.bucketize(1.5, steps).item() == 2
    assert engine.searchsorted(steps, tensor([1.5, 0.5])).tolist() == [2, 1]


def test_a_lone_false_asks_for_the_biased_variance() -> None:
    np.testing.assert_allclose(tensor(TABLE).var(False).numpy(), TABLE.var())
    np.testing.assert_allclose(engine.std(tensor(TABLE), False).numpy(), TABLE.std())
    variance, mean = engine.var_mean(tensor(TABLE), 1, keepdim=True, correction=0)
    np.testing.assert_allclose(variance.numpy(), TABLE.var(1, keepdims=True))
    np.testing.assert_allclose(mean.numpy(), TABLE.mean(1, keepdims=True))
