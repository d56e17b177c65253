"""The Cholesky decomposition of positive definite matrices, and what is solved by it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.lapack import each_matrix, failures_raise, lapack, solve_triangles
from engine.backend.namespace import on_host, xp
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.rearranging import tril
from engine.ops.linear_algebra.matrices import (
    LinAlgError,
    check_solvable,
    check_square,
    common_batch,
    entitle,
    first_failure,
    info_spec,
    no_failures,
    swapped,
)
from engine.ops.linear_algebra.solving import solve_matrices
from engine.ops.linear_algebra.triangular import solve_triangular
from engine.ops.return_types import shown_as


@shown_as("linalg_cholesky_ex")
class Cholesky(NamedTuple):
    """The triangular factor, and for each matrix 0 or the order of the first minor that is not positive definite."""

    L: Any
    info: Any


def _cholesky_shape(A: Spec, upper: bool, check_errors: bool) -> tuple[Spec, Spec]:
    check_square("linalg.cholesky", A.shape)
    return A, info_spec(A)


@op(shape=_cholesky_shape, types="keep", nondifferentiable=("info",))
def cholesky_ex(A: Array, upper: bool = False, check_errors: bool = False) -> Cholesky:
    """L with A = L Lᵀ (Lᵀ itself if `upper`) and LAPACK's report on each matrix (torch.linalg.cholesky_ex).

    A is [..., n, n], symmetric and positive definite; of it only the asked triangle is looked at. Raises LinAlgError
    for a matrix that is not positive definite if `check_errors`.
    """
    check_square("linalg.cholesky", A.shape)
    lower = swapped(A) if upper else A
    try:
        factor, info = _factor(lower), no_failures(A, A.shape[:-2])
    except np.linalg.LinAlgError:
        factor, info = _factor_as_far_as_possible(lower)
    failure = first_failure(info) if check_errors else None
    if failure is not None:
        raise LinAlgError(
            f"linalg.cholesky: {failure[0]}The factorization could not be completed because the input is not "
            f"positive-definite (the leading minor of order {failure[1]} is not positive-definite)."
        )
    return Cholesky(swapped(factor) if upper else factor, info)


def _factor(lower: Any) -> Any:
    with failures_raise(lower):
        factor = xp(lower).linalg.cholesky(lower)
    # NaN goes through without a report.
    if not bool(xp(lower).isfinite(factor).all()):
        raise np.linalg.LinAlgError
    return factor


def _factor_as_far_as_possible(lower: Any) -> tuple[Any, Any]:
    factorise = lapack("potrf", lower.dtype)
    shape = lower.shape[-2:]
    factor, info = each_matrix(
        lambda matrix: factorise(matrix, lower=True, clean=True),
        lower.shape[:-2],
        (lower,),
        ((shape, lower.dtype), ((), np.int32)),
    )
    # Some LAPACKs let NaN through: they are not positive either.
    space = xp(factor)
    missing = ~space.isfinite(factor.diagonal(0, -2, -1))
    unnoticed = (info == 0) & missing.any(-1)
    return factor, space.where(unnoticed, missing.argmax(-1) + 1, info).astype(np.int32)


entitle(cholesky_ex, "linalg.cholesky")


def _cholesky_gradient(g_L: Any, L: Any, upper: bool) -> Any:
    """L⁻ᵀ Φ L⁻¹ made symmetric, Φ the lower triangle of Lᵀ g with half its diagonal (Giles 2008)."""
    factor, g = (L.mT, g_L.mT) if upper else (L, g_L)
    inner = tril(factor.mT @ g)
    symmetric = (inner + tril(inner, -1).mT) / 2
    half_solved = solve_triangular(factor.mT, symmetric, True)
    return solve_triangular(factor, half_solved, False, False)


cholesky_ex.gradient(A=_cholesky_gradient)


def cholesky(A: Any, upper: bool = False) -> Any:
    """L with A = L Lᵀ, or Lᵀ if `upper`; LinAlgError for what is not positive definite (torch.linalg.cholesky)."""
    return cholesky_ex(A, upper, True).L


def _solution_shape(input: Spec, L: Spec, upper: bool) -> Spec:
    check_solvable("cholesky_solve", L.shape, input.shape)
    return Spec((*common_batch(L.shape, input.shape), *input.shape[-2:]), input.dtype)


@op(shape=_solution_shape, types="keep")
def cholesky_solve(input: Array, L: Array, upper: bool = False) -> Any:
    """X with L Lᵀ X = input, or Uᵀ U X = input if `upper`; sizes [..., n, k] and [..., n, n] (torch.cholesky_solve)."""
    shape = _solution_shape(spec_of(input), spec_of(L), upper).shape
    space, batch = xp(L), shape[:-2]
    if not input.size:
        return space.zeros(shape, input.dtype)
    factors = space.broadcast_to(L, (*batch, *L.shape[-2:]))
    right = space.broadcast_to(input, shape)
    if not on_host(L):
        first, last = (swapped(factors), factors) if upper else (factors, swapped(factors))
        return solve_triangles(last, solve_triangles(first, right, False, False), True, False)
    solve = lapack("potrs", L.dtype)
    return each_matrix(
        lambda factor, values: (solve(factor, values, lower=not upper)[0],),
        batch,
        (factors, right),
        ((shape[-2:], input.dtype),),
    )[0]


entitle(cholesky_solve, "cholesky_solve")


def _solved_by_product(input: Any, L: Any, upper: bool) -> Any:
    lower = L.mT if upper else L
    # Nothing is read of the other triangle, yet PyTorch gives it a gradient as if it were.
    factor = lower + (tril(lower) - lower).detach()
    return solve_matrices(factor @ factor.mT, input).result


cholesky_solve.gradient_from(_solved_by_product)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """(L Lᵀ)⁻¹, or (Uᵀ U)⁻¹ if `upper`, from the factor (torch.cholesky_inverse)."""
    check_square("cholesky_inverse", L.shape, "input")
    unit = L.new_ones(L.shape[-1]).diag_embed()
    return cholesky_solve(unit.expand(L.shape), L, upper)
