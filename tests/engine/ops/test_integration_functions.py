"""Differences and areas under curves, held against NumPy's and SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate

import engine

RNG = np.random.default_rng(11)
CURVE = RNG.normal(size=(3, 5))
POINTS = np.sort(RNG.normal(size=5))


def tensor(array: Any) -> Any:
    return engine.from_numpy(np.asarray(array).copy())


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_differences_are_numpys(n: int, dim: int) -> None:
    np.testing.assert_allclose(tensor(CURVE).diff(n, dim).numpy(), np.diff(CURVE, n, dim))


def test_differences_of_what_is_joined_first() -> None:
    ours = engine.diff(tensor(CURVE), 2, 1, tensor(CURVE[:, :1] + 1), tensor(CURVE[:, :2]))
    np.testing.assert_allclose(ours.numpy(), np.diff(CURVE, 2, 1, CURVE[:, :1] + 1, CURVE[:, :2]))
    assert engine.diff(tensor([True, True, False])).tolist() == [False, True]


def test_areas_are_numpys() -> None:
    np.testing.assert_allclose(engine.trapezoid(tensor(CURVE), tensor(POINTS)).numpy(), np.trapezoid(CURVE, POINTS))
    np.testing.assert_allclose(
        engine.trapezoid(tensor(CURVE), dx=0.3, dim=0).numpy(), np.trapezoid(CURVE, dx=0.3, axis=0)
    )
    assert engine.trapezoid(tensor(np.zeros((2, 0)))).tolist() == [0, 0]


def test_growing_areas_are_scipys() -> None:
    ours = engine.cumulative_trapezoid(tensor(CURVE), tensor(POINTS))
    np.testing.assert_allclose(ours.numpy(), integrate.cumulative_trapezoid(CURVE, POINTS))
    ours = engine.cumulative_trapezoid(tensor(CURVE), dx=0.3, dim=0)
    np.testing.assert_allclose(ours.numpy(), integrate.cumulative_trapezoid(CURVE, dx=0.3, axis=0))


def test_points_that_fit_no_curve_are_named() -> None:
    with pytest.raises(RuntimeError, match="one `x` value for each sample point"):
        engine.trapezoid(tensor(CURVE), tensor(POINTS[:3]))
    with pytest.raises(TypeError, match="not both"):
        engine.trapezoid(tensor(CURVE), tensor(POINTS), dx=1.0)
    with pytest.raises(RuntimeError, match="at least one-dimensional"):
        engine.diff(tensor(1.0))
