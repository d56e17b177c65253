"""The decomposition A = L D Lᵀ of symmetric matrices that need not be positive definite."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import INTEGER, dtype, int32
from engine.backend.lapack import each_matrix, lapack
from engine.backend.namespace import xp
from engine.ops.indices.indexing import spec_of
from engine.ops.linear_algebra.matrices import (
    LinAlgError,
    check_solvable,
    check_square,
    common_batch,
    entitle,
    first_failure,
    info_spec,
)
from engine.ops.return_types import shown_as


@shown_as("linalg_ldl_factor_ex")
class Indefinite(NamedTuple):
    """L and D in one matrix, LAPACK's pivots, and its report on each matrix."""

    LD: Any
    pivots: Any
    info: Any


@shown_as("linalg_ldl_factor")
class IndefiniteAlone(NamedTuple):
    """L and D in one matrix, and LAPACK's pivots."""

    LD: Any
    pivots: Any


def _factored_shape(A: Spec, hermitian: bool, check_errors: bool) -> tuple[Spec, Spec, Spec]:
    check_square("torch.linalg.ldl_factor_ex", A.shape)
    return A, Spec(A.shape[:-1], int32), info_spec(A)


@op(shape=_factored_shape, types="keep", nondifferentiable=("pivots", "info"))
def ldl_factor_ex(A: Array, hermitian: bool = False, check_errors: bool = False) -> Indefinite:
    """The compact L D Lᵀ of symmetric matrices, their lower triangles, and reports (torch.linalg.ldl_factor_ex).

    It has no derivative. Raises LinAlgError for a D that is singular if `check_errors`.
    """
    check_square("torch.linalg.ldl_factor_ex", A.shape)
    length, kind = A.shape[-1], A.dtype
    factorise = lapack("sytrf", kind)

    def factor(matrix: Any) -> tuple[Any, Any, Any]:
        if not matrix.size:
            return matrix, 0, 0
        compact, pivots, info = factorise(np.tril(matrix), lower=True, lwork=64 * length)
        return compact, pivots, info

    outputs = (((length, length), kind), ((length,), np.int32), ((), np.int32))
    result = Indefinite(*each_matrix(factor, A.shape[:-2], (A,), outputs))
    failure = first_failure(result.info) if check_errors else None
    if failure is not None:
        raise LinAlgError(
            f"torch.linalg.ldl_factor_ex: {failure[0]}D[{failure[1]},{failure[1]}] is zero, and the factorization "
            "could not be completed because the input matrix is singular."
        )
    return result


entitle(ldl_factor_ex, "torch.linalg.ldl_factor_ex")


def ldl_factor(A: Any, *, hermitian: bool = False) -> IndefiniteAlone:
    """The compact L D Lᵀ of symmetric matrices; LinAlgError for a singular D (torch.linalg.ldl_factor)."""
    factored = ldl_factor_ex(A, hermitian, True)
    return IndefiniteAlone(factored.LD, factored.pivots)


def _refuse(name: str, compute: dtype | None, *given: dtype) -> None:
    factors, pivots, right = given
    if pivots.category != INTEGER:
        raise RuntimeError(f"torch.linalg.ldl_solve: Expected pivots to be integers. Got {pivots}")
    if factors is not right:
        raise RuntimeError(f"torch.linalg.ldl_solve: LD dtype {factors} does not match B dtype {right}")


def _solution_shape(LD: Spec, pivots: Spec, B: Spec, hermitian: bool) -> Spec:
    check_solvable("torch.linalg.ldl_solve", LD.shape, B.shape)
    if pivots.shape != LD.shape[:-1]:
        raise RuntimeError(
            "torch.linalg.ldl_solve: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{list(pivots.shape)} and LD with shape {list(LD.shape)} instead"
        )
    return Spec((*common_batch(LD.shape, B.shape), *B.shape[-2:]), B.dtype)


@op(shape=_solution_shape, types="keep")
def ldl_solve(LD: Array, pivots: Array, B: Array, hermitian: bool = False) -> Any:
    """X with A X = B from the compact L D Lᵀ of A; it has a derivative in B alone (torch.linalg.ldl_solve)."""
    shape = _solution_shape(spec_of(LD), spec_of(pivots), spec_of(B), hermitian).shape
    space, batch = xp(LD), shape[:-2]
    if not B.size:
        return space.zeros(shape, B.dtype)
    solve = lapack("sytrs", LD.dtype)
    inputs = (
        space.broadcast_to(LD, (*batch, *LD.shape[-2:])),
        space.broadcast_to(pivots, (*batch, pivots.shape[-1])),
        space.broadcast_to(B, shape),
    )
    return each_matrix(
        lambda factors, order, right: (solve(factors, order, right, lower=True)[0],),
        batch,
        inputs,
        ((shape[-2:], B.dtype),),
    )[0]


ldl_solve.gradient(B=lambda g, LD, pivots, hermitian: ldl_solve(LD, pivots, g, hermitian))
ldl_solve.refuse(_refuse)
