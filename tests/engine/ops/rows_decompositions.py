"""Rows of decompositions and of functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from engine.ops.linear_algebra import (
    eigenvalues,
    indefinite,
    matrix_functions,
    orthogonal,
    reflections,
    singular_values,
)
from engine.testing.row import Sample, row, sample

SHAPES: tuple[tuple[int, ...], ...] = ((3, 3), (2, 4), (4, 2), (2, 3, 4), (2, 1, 4, 3), (0, 3, 2), (2, 0))


def any_sizes(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=shape)) for shape in SHAPES]


def in_all_modes(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=shape), mode) for shape in SHAPES[:5] for mode in ("reduced", "complete", "r")]


def square_modes(rng: np.random.Generator) -> list[Sample]:
    wide = [sample(rng.normal(size=shape), "complete") for shape in ((3, 3), (2, 4))]
    return [*(sample(rng.normal(size=shape), "reduced") for shape in SHAPES), *wide]


def orthogonal_triangular(A: np.ndarray, mode: Any) -> tuple[Any, ...]:
    if mode == "r":
        return np.zeros(0), np.linalg.qr(A, mode="r")
    return tuple(np.linalg.qr(A, mode=mode))


def thin(rng: np.random.Generator) -> list[Sample]:
    return [sample(each.args[0], False) for each in any_sizes(rng)]


def full(rng: np.random.Generator) -> list[Sample]:
    return [sample(each.args[0], True) for each in any_sizes(rng)]


def symmetric(rng: np.random.Generator) -> list[Sample]:
    matrices = [rng.normal(size=shape) for shape in ((3, 3), (2, 4, 4), (1, 1), (0, 0), (0, 2, 2))]
    return [sample(each + each.swapaxes(-2, -1), triangle) for each in matrices for triangle in ("L", "U")]


def raw_reflections(input: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    compact, weights = np.linalg.qr(input, mode="raw")
    return compact.swapaxes(-2, -1), weights


def reflecting(rng: np.random.Generator) -> list[Sample]:
    shapes = ((3, 3, 3), (4, 2, 2), (4, 3, 2), (3, 0, 0))
    single = [sample(rng.normal(size=(m, n)), rng.normal(size=k)) for m, n, k in shapes]
    return [*single, sample(rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 3)))]


def reflections_multiplied(A: np.ndarray, tau: np.ndarray) -> np.ndarray:
    rows, columns = A.shape[-2:]
    result = np.zeros(A.shape)
    for place in np.ndindex(A.shape[:-2]):
        product = np.eye(rows)
        for each in range(tau.shape[-1]):
            vector = np.concatenate([np.zeros(each), [1.0], A[place][each + 1 :, each]])
            product = product @ (np.eye(rows) - tau[place][each] * np.outer(vector, vector))
        result[place] = product[:, :columns]
    return result


def applications(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(*batch, 4, k)), rng.normal(size=(*batch, k)), rng.normal(size=(*batch, *size)), left, t)
        for batch in ((), (2,))
        for k in (4, 2)
        for left, size in ((True, (4, 3)), (False, (3, 4)))
        for t in (False, True)
    ]


def reflections_applied(
    input: np.ndarray, tau: np.ndarray, other: np.ndarray, left: bool, transpose: bool
) -> np.ndarray:
    wide = np.zeros((*input.shape[:-1], input.shape[-2]))
    wide[..., : input.shape[-1]] = input
    whole = reflections_multiplied(wide, tau)
    whole = whole.swapaxes(-2, -1) if transpose else whole
    return whole @ other if left else other @ whole


def indefinite_parts(A: np.ndarray) -> tuple[np.ndarray, ...]:
    compact, pivots = np.zeros_like(A), np.zeros(A.shape[:-1])
    for place in np.ndindex(A.shape[:-2]):
        compact[place], pivots[place], _ = scipy.linalg.lapack.dsytrf(np.tril(A[place]), lower=1)
    return compact, pivots, np.zeros(A.shape[:-2])


def indefinite_matrices(rng: np.random.Generator) -> list[Sample]:
    matrices = [rng.normal(size=shape) for shape in ((3, 3), (2, 4, 4))]
    return [sample(each + each.swapaxes(-2, -1)) for each in matrices]


def indefinite_systems(rng: np.random.Generator) -> list[Sample]:
    made = []
    for each in indefinite_matrices(rng):
        compact, pivots, _ = indefinite_parts(each.args[0])
        made.append(sample(compact, pivots.astype(np.int32), rng.normal(size=(compact.shape[-1], 2))))
    return made


def indefinite_solved(LD: np.ndarray, pivots: np.ndarray, B: np.ndarray) -> np.ndarray:
    """By the triangle and the blocks on the diagonal that LAPACK's pivots tell."""
    result = np.zeros((*LD.shape[:-2], *B.shape[-2:]))
    for place in np.ndindex(LD.shape[:-2]):
        result[place] = scipy.linalg.lapack.dsytrs(LD[place], pivots[place], B, lower=1)[0]
    return result


def exponents(rng: np.random.Generator) -> list[Sample]:
    shapes = ((3, 3), (2, 3, 3), (1, 1), (0, 0), (0, 2, 2))
    return [*(sample(rng.normal(size=shape)) for shape in shapes), sample(10 * rng.normal(size=(2, 3, 3)))]


row(orthogonal.qr, orthogonal_triangular, square_modes)
row(orthogonal.qr, orthogonal_triangular, in_all_modes, gradient=False, label="modes")
row(singular_values.singular_decomposition, lambda A, full: tuple(np.linalg.svd(A, full)), thin, rtol=1e-9)
row(
    singular_values.singular_decomposition,
    lambda A, full: tuple(np.linalg.svd(A, full)),
    full,
    gradient=False,
    label="full",
)
row(singular_values.singular_values, lambda A: np.linalg.svd(A, compute_uv=False), any_sizes, torch="linalg.svdvals")
# Their gradients are PyTorch's, those of a symmetric matrix: test_linear_algebra_gradients.py holds them.
row(eigenvalues.eigh, lambda A, UPLO: tuple(np.linalg.eigh(A, UPLO)), symmetric, gradient=False)
row(eigenvalues.eigvalsh, np.linalg.eigvalsh, symmetric, gradient=False)
row(reflections.geqrf, raw_reflections, lambda rng: any_sizes(rng)[:5], torch="geqrf", gradient=False)
row(reflections.householder_product, reflections_multiplied, reflecting, torch="linalg.householder_product")
row(reflections.ormqr, reflections_applied, applications, torch="ormqr")
row(indefinite.ldl_factor_ex, indefinite_parts, indefinite_matrices, gradient=False)
row(indefinite.ldl_solve, indefinite_solved, indefinite_systems, constants=(0,))
row(matrix_functions.matrix_exp, scipy.linalg.expm, exponents, torch="matrix_exp", rtol=1e-9)
