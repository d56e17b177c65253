"""Reductions under a mask, held against NumPy's masked arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import engine

RNG = np.random.default_rng(13)
VALUES = RNG.normal(size=(4, 5))
MASK = RNG.random((4, 5)) < 0.6
MASK[:, 0] = MASK[0] = True


def tensor(array: Any) -> Any:
    return engine.from_numpy(np.asarray(array).copy())


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.ma.sum,
    "prod": np.ma.prod,
    "amax": np.ma.max,
    "amin": np.ma.min,
    "mean": np.ma.mean,
    "var": lambda values, axis: np.ma.var(values, axis=axis, ddof=1),
    "std": lambda values, axis: np.ma.std(values, axis=axis, ddof=1),
    "norm": lambda values, axis: np.ma.sqrt(np.ma.sum(values * values, axis=axis)),
    "logsumexp": lambda values, axis: np.ma.log(np.ma.sum(np.ma.exp(values), axis=axis)),
}


@pytest.mark.parametrize("dim", [None, 0, (0, 1)])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_masked_reduction_is_numpys(name: str, dim: Any) -> None:
    ours = getattr(engine.masked, name)(tensor(VALUES), dim=dim, mask=tensor(MASK))
    np.testing.assert_allclose(ours.numpy(), REDUCTIONS[name](np.ma.array(VALUES, mask=~MASK), axis=dim))


def test_a_masked_median_is_the_lower_one_of_each_row() -> None:
    ours = engine.masked.median(tensor(VALUES), 1, mask=tensor(MASK))
    expected = [np.sort(row[keep])[(keep.sum() - 1) // 2] for row, keep in zip(VALUES, MASK, strict=True)]
    np.testing.assert_array_equal(ours.numpy(), expected)


def test_a_masked_softmax_leaves_nothing_to_the_others() -> None:
    ours = engine.masked.softmax(tensor(VALUES), 1, mask=tensor(MASK))
    np.testing.assert_allclose(ours.numpy(), special.softmax(np.where(MASK, VALUES, -np.inf), axis=1))
    np.testing.assert_allclose(
        engine.masked.softmin(tensor(VALUES), 1, mask=tensor(MASK)).numpy(),
        special.softmax(np.where(MASK, -VALUES, -np.inf), axis=1),
    )


def test_a_mask_broadcasts_and_keeps_gradients_from_what_it_hides() -> None:
    values, mask = tensor(VALUES).requires_grad_(), MASK[:, 1]
    engine.masked.cumsum(values, 1, mask=tensor(mask[:, None])).sum().backward()
    np.testing.assert_array_equal(values.grad.numpy(), np.where(mask[:, None], [5.0, 4.0, 3.0, 2.0, 1.0], 0))


def test_nothing_has_the_identity_of_each_reduction() -> None:
    nothing = {"mask": tensor(np.zeros((4, 5), bool)), "dim": 0}
    assert engine.masked.sum(tensor(VALUES), **nothing).tolist() == [0.0] * 5
    assert engine.masked.amax(tensor(VALUES), **nothing).tolist() == [-np.inf] * 5
    assert engine.masked.amin(tensor(np.ones((4, 5), "int8")), **nothing).tolist() == [127] * 5
    assert engine.masked.mean(tensor(VALUES), **nothing).isnan().all()


def test_a_mask_of_more_dimensions_is_refused() -> None:
    with pytest.raises(IndexError, match="its rank is higher"):
        engine.masked.sum(tensor(VALUES), mask=tensor(np.ones((2, 4, 5), bool)))
