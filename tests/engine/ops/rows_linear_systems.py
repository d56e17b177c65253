"""Rows of systems of equations, inverses and determinants."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from engine.backend.dtype import float32
from engine.ops.linear_algebra import (
    cholesky,
    determinant,
    least_squares,
    lower_upper,
    pseudo_inverse,
    solving,
    triangular,
)
from engine.testing.row import Sample, row, sample

BATCHES: tuple[tuple[int, ...], ...] = ((), (2,), (2, 1), (0,))


def squares(rng: np.random.Generator) -> list[np.ndarray]:
    """Matrices and batches that are far from singular, turned ones and empty ones among them."""
    made = [rng.normal(size=(*batch, 3, 3)) + 3 * np.eye(3) for batch in BATCHES]
    return [*made, made[1].swapaxes(-2, -1), np.array([[-2.0]]), np.zeros((0, 0))]


def triangles(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(matrix, rng.normal(size=(*extra, *((size, 2) if left else (2, size)))), upper, left, unit)
        for matrix, extra in ((rng.normal(size=(3, 3)) + 3 * np.eye(3), ()), (squares(rng)[1], (4, 1)))
        for size in (3,)
        for upper in (True, False)
        for left in (True, False)
        for unit in (True, False)
    ]


def triangle_solved(A: np.ndarray, B: np.ndarray, upper: bool, left: bool, unit: bool) -> np.ndarray:
    triangle = np.triu(A) if upper else np.tril(A)
    if unit:
        triangle = triangle * (1 - np.eye(A.shape[-1])) + np.eye(A.shape[-1])
    inverse = np.linalg.inv(triangle)
    return inverse @ B if left else B @ inverse


def factored(A: np.ndarray, pivot: bool = True) -> tuple[np.ndarray, ...]:
    compact, pivots = np.zeros_like(A), np.zeros((*A.shape[:-2], min(A.shape[-2:])))
    for place in np.ndindex(A.shape[:-2]):
        if A[place].size:
            compact[place], found = scipy.linalg.lu_factor(A[place])
            pivots[place] = found + 1
    return compact, pivots, np.zeros(A.shape[:-2])


def any_sizes(rng: np.random.Generator) -> list[Sample]:
    shapes = ((3, 3), (2, 4), (4, 2), (2, 3, 4), (2, 1, 4, 3), (0, 3, 2), (2, 0))
    return [sample(rng.normal(size=shape)) for shape in shapes]


def permutation(pivots: np.ndarray, rows: int, kind: Any) -> np.ndarray:
    result = np.zeros((*pivots.shape[:-1], rows, rows))
    for place in np.ndindex(pivots.shape[:-1]):
        order = list(range(rows))
        for here, other in enumerate(pivots[place]):
            order[here], order[other - 1] = order[other - 1], order[here]
        result[(*place, order, range(rows))] = 1
    return result


def exchanges(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(np.array([3, 3, 3], np.int32), 3, float32),
        sample(np.array([[2, 3], [4, 2]], np.int32), 4, float32),
    ]


def systems(rng: np.random.Generator) -> list[Sample]:
    first = squares(rng)
    return [
        sample(first[0], rng.normal(size=(3, 2))),
        sample(first[0], rng.normal(size=(2, 3)), False),
        sample(first[1], rng.normal(size=(4, 1, 3, 2))),
        sample(first[0], rng.normal(size=(2, 3, 2))),
        sample(first[0], np.zeros((3, 0))),
    ]


def solved(A: np.ndarray, B: np.ndarray, left: bool = True) -> tuple[np.ndarray, np.ndarray]:
    inverse = np.linalg.inv(A)
    result = inverse @ B if left else B @ inverse
    return result, np.zeros(result.shape[:-2])


def cofactors(A: np.ndarray) -> np.ndarray:
    """By minors."""
    result = np.zeros_like(A)
    for place in np.ndindex(A.shape):
        *batch, i, j = place
        minor = np.delete(np.delete(A[tuple(batch)], i, 0), j, 1)
        result[place] = (-1) ** (i + j) * np.linalg.det(minor)
    return result


def singular_ones(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=(4, rank)) @ rng.normal(size=(rank, 4))) for rank in (3, 2, 0)]


def inverted(A: np.ndarray, atol: Any, rtol: Any, hermitian: bool) -> np.ndarray:
    return np.linalg.pinv(A, np.asarray(rtol))


def full_rank(rng: np.random.Generator) -> list[Sample]:
    shapes = ((3, 3), (2, 4), (4, 2), (2, 4, 3), (0, 3))
    return [sample(rng.normal(size=shape), 0.0, 1e-10, False) for shape in shapes]


def fits(rng: np.random.Generator) -> list[Sample]:
    shapes = (((4, 2), (4, 3)), ((2, 4), (2, 1)), ((2, 4, 2), (2, 4, 3)))
    return [
        sample(rng.normal(size=first), rng.normal(size=second), 1e-12, driver)
        for first, second in shapes
        for driver in least_squares.DRIVERS
    ]


def fitted(A: np.ndarray, B: np.ndarray, rcond: float, driver: str) -> tuple[np.ndarray, ...]:
    solution = np.linalg.pinv(A) @ B
    told = A.shape[-2] > A.shape[-1] and driver != "gelsy"
    values = np.linalg.svd(A, compute_uv=False)
    return (
        solution,
        ((A @ solution - B) ** 2).sum(-2) if told else np.zeros(0),
        np.zeros(0) if driver == "gels" else np.full(A.shape[:-2], min(A.shape[-2:])),
        values if driver in ("gelsd", "gelss") else np.zeros(0),
    )


def definite(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(matrix @ matrix.swapaxes(-2, -1) + np.eye(matrix.shape[-1]), upper)
        for matrix in squares(rng)
        for upper in (False, True)
    ]


def factor(A: np.ndarray, upper: bool) -> tuple[np.ndarray, np.ndarray]:
    return np.linalg.cholesky(A, upper=upper), np.zeros(A.shape[:-2])


def factored_systems(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=(3, 2)), matrix, upper) for matrix in squares(rng)[:3] for upper in (False, True)]


def product_solved(input: np.ndarray, L: np.ndarray, upper: bool) -> np.ndarray:
    triangle = np.triu(L).swapaxes(-2, -1) if upper else np.tril(L)
    return np.linalg.solve(triangle @ triangle.swapaxes(-2, -1), np.broadcast_to(input, (*L.shape[:-2], 3, 2)))


row(triangular.solve_triangular, triangle_solved, triangles)
row(lower_upper.lu_factor_ex, factored, any_sizes, rtol=1e-9)
row(lower_upper.permutation_of, permutation, exchanges, gradient=False)
row(solving.inv_ex, lambda A: (np.linalg.inv(A), np.zeros(A.shape[:-2])), lambda rng: [*map(sample, squares(rng))])
row(solving.solve_matrices, solved, systems)
row(determinant.det, np.linalg.det, lambda rng: [*map(sample, squares(rng))], torch="det")
row(determinant.det, np.linalg.det, singular_ones, label="singular")
row(determinant.cofactors, cofactors, lambda rng: [*map(sample, squares(rng))], rtol=1e-9)
row(determinant.cofactors, cofactors, singular_ones, rtol=1e-9, second=False, label="singular")
row(determinant.slogdet, np.linalg.slogdet, lambda rng: [*map(sample, squares(rng))], torch="slogdet")
row(pseudo_inverse.pseudo_inverse, inverted, full_rank, rtol=1e-9)
row(least_squares.least_squares, fitted, fits, rtol=1e-9)
# Their gradients are PyTorch's, those of a symmetric matrix: test_linear_algebra_gradients.py holds them.
row(cholesky.cholesky_ex, factor, definite, gradient=False)
row(cholesky.cholesky_solve, product_solved, factored_systems, gradient=False)
