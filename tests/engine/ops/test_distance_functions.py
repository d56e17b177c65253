"""Distances, nuclear norms and shortened slices, held against SciPy's and their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial import distance

import engine
from engine.nn import functional

RNG = np.random.default_rng(5)
ONE, TWO = RNG.normal(size=(6, 3)), RNG.normal(size=(4, 3))
METRICS = {0.0: "hamming", 1.0: "cityblock", 2.0: "euclidean", 3.0: "minkowski", np.inf: "chebyshev"}


def tensor(array: Any) -> Any:
    return engine.from_numpy(np.asarray(array).copy())


def expected(p: float) -> np.ndarray:
    options = {"p": 3} if p == 3 else {}
    # Hamming's distance is a share of the columns.
    return distance.cdist(ONE, TWO, METRICS[p], **options) * (ONE.shape[1] if p == 0 else 1)


@pytest.mark.parametrize("p", METRICS)
def test_distances_of_all_pairs_are_scipys(p: float) -> None:
    np.testing.assert_allclose(engine.cdist(tensor(ONE), tensor(TWO), p).numpy(), expected(p))


@pytest.mark.parametrize("p", METRICS)
def test_distances_within_a_table_are_scipys(p: float) -> None:
    square = engine.cdist(tensor(ONE), tensor(ONE), p).numpy()
    np.testing.assert_allclose(functional.pdist(tensor(ONE), p).numpy(), square[np.triu_indices(len(ONE), 1)])


def test_products_of_matrices_give_the_same_distances_and_gradients() -> None:
    found = []
    for mode in ("use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"):
        one, two = tensor(ONE).requires_grad_(), tensor(TWO).requires_grad_()
        distances = engine.cdist(one, two, compute_mode=mode)
        (distances.sin() * 2).sum().backward()
        found.append([distances.detach().numpy(), one.grad.numpy(), two.grad.numpy()])
    for products, differences in zip(*found, strict=True):
        np.testing.assert_allclose(products, differences, rtol=1e-10)


def test_a_point_is_no_way_from_itself_and_pulls_nowhere() -> None:
    points = tensor(np.ones((30, 2))).requires_grad_()
    engine.cdist(points, points).sum().backward()
    assert not np.any(points.grad.numpy())


def test_rows_of_other_lengths_are_named() -> None:
    with pytest.raises(RuntimeError, match=r"same number of columns\. X1: 3 X2: 2"):
        engine.cdist(tensor(ONE), tensor(TWO[:, :2]))
    with pytest.raises(ValueError, match="nonsense is not a valid value"):
        engine.cdist(tensor(ONE), tensor(TWO), compute_mode="nonsense")


def test_the_distance_of_two_tensors_broadcasts() -> None:
    np.testing.assert_allclose(
        engine.dist(tensor(ONE), tensor(TWO[0]), 3).item(), np.sum(abs(ONE - TWO[0]) ** 3) ** (1 / 3)
    )


def test_cosines_broadcast_before_they_are_summed() -> None:
    ours = functional.cosine_similarity(tensor(ONE[None]), tensor(ONE[:, None]), -1)
    np.testing.assert_allclose(ours.numpy(), 1 - distance.cdist(ONE, ONE, "cosine"))


def test_a_nuclear_norm_is_numpys() -> None:
    batch = RNG.normal(size=(2, 3, 4))
    ours = engine.norm(tensor(batch), "nuc", (0, 2), True)
    np.testing.assert_allclose(ours.numpy(), np.linalg.norm(batch, "nuc", (0, 2), keepdims=True))


@pytest.mark.parametrize("dim", [0, 1])
def test_slices_are_shortened_to_the_greatest_norm_that_is_allowed(dim: int) -> None:
    norms = np.linalg.norm(ONE, axis=1 - dim, keepdims=True)
    limit = float(np.median(norms))
    shortened = tensor(ONE).renorm(2, dim, limit).numpy()
    np.testing.assert_allclose(shortened, np.where(norms > limit, ONE / norms * limit, ONE), rtol=1e-6)
    written = tensor(ONE)
    assert written.renorm_(2, dim, limit) is written
    np.testing.assert_array_equal(written.numpy(), shortened)
