"""The decomposition A = P L U with row exchanges, and what is solved by it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype, int32
from engine.backend.lapack import each_matrix, lapack
from engine.backend.namespace import xp
from engine.ops.layouts.joining import cat
from engine.ops.layouts.rearranging import tril, triu
from engine.ops.linear_algebra.matrices import check_matrix, check_solvable, entitle, first_failure, info_spec
from engine.ops.linear_algebra.triangular import solve_triangular
from engine.ops.return_types import shown_as


@shown_as("linalg_lu_factor_ex")
class Factored(NamedTuple):
    """L below and U on and above the diagonal of one matrix; the row exchanged with each, from 1; LAPACK's report."""

    LU: Any
    pivots: Any
    info: Any


@shown_as("linalg_lu_factor")
class FactoredAlone(NamedTuple):
    """The compact factors and the row exchanges."""

    LU: Any
    pivots: Any


@shown_as("linalg_lu")
class Unpacked(NamedTuple):
    """The permutation and both triangles."""

    P: Any
    L: Any
    U: Any


def _factored_shape(A: Spec, pivot: bool, check_errors: bool) -> tuple[Spec, Spec, Spec]:
    check_matrix("torch.lu_factor", A.shape)
    return A, Spec((*A.shape[:-2], min(A.shape[-2:])), int32), info_spec(A)


@op(shape=_factored_shape, types="keep", nondifferentiable=("pivots", "info"))
def lu_factor_ex(A: Array, pivot: bool = True, check_errors: bool = False) -> Factored:
    """The compact P L U decomposition of [..., m, n] and LAPACK's report on each matrix (torch.linalg.lu_factor_ex).

    Raises RuntimeError without `pivot`, and for a zero on U's diagonal if `check_errors`.
    """
    check_matrix("torch.lu_factor", A.shape)
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU; pass pivot=True")
    factorise = lapack("getrf", A.dtype)
    least = min(A.shape[-2:])

    def factor(matrix: Any) -> tuple[Any, Any, Any]:
        if not matrix.size:
            return matrix, 0, 0
        compact, exchanged, info = factorise(matrix)
        return compact, exchanged + 1, info

    outputs = ((A.shape[-2:], A.dtype), ((least,), np.int32), ((), np.int32))
    result = Factored(*each_matrix(factor, A.shape[:-2], (A,), outputs))
    failure = first_failure(result.info) if check_errors else None
    if failure is not None:
        raise RuntimeError(
            f"torch.linalg.lu_factor: {failure[0]}U[{failure[1]},{failure[1]}] is zero and using it on lu_solve would "
            "result in a division by zero. If you still want to perform the factorization, consider calling "
            "linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )
    return result


entitle(lu_factor_ex, "linalg.lu_factor")


def _factored_gradient(g_LU: Any, LU: Any, pivots: Any) -> Any:
    """Of a square A = P L U: P L⁻ᵀ (lower(Lᵀ gL) + upper(gU Uᵀ)) U⁻ᵀ (Walter and Lehmann 2012).

    What is beyond the square of a wide or tall matrix is a triangular system of it, and goes first.
    """
    P, L, U = lu_unpack(LU, pivots)
    least = min(LU.shape[-2:])
    of_lower, of_upper = tril(g_LU, -1).narrow(-1, 0, least), triu(g_LU).narrow(-2, 0, least)
    lower, upper = L.narrow(-2, 0, least), U.narrow(-1, 0, least)
    left, right = of_lower.narrow(-2, 0, least), of_upper.narrow(-1, 0, least)
    lower_solved: list[Any] = []
    upper_solved: list[Any] = []
    if (more := LU.shape[-1] - least) > 0:
        beside = solve_triangular(lower.mT, of_upper.narrow(-1, least, more), True, True, True)
        left = left - beside @ U.narrow(-1, least, more).mT
        upper_solved.append(beside)
    if (more := LU.shape[-2] - least) > 0:
        below = solve_triangular(upper.mT, of_lower.narrow(-2, least, more), False, False)
        right = right - L.narrow(-2, least, more).mT @ below
        lower_solved.append(below)
    inner = tril(lower.mT @ left, -1) + triu(right @ upper.mT)
    square = solve_triangular(lower.mT, inner, True, True, True)
    square = solve_triangular(upper.mT, square, False, False)
    return P @ cat([cat([square, *upper_solved], -1), *lower_solved], -2)


lu_factor_ex.gradient(A=_factored_gradient)


def lu_factor(A: Any, *, pivot: bool = True) -> FactoredAlone:
    """The compact P L U decomposition; RuntimeError for a zero on U's diagonal (torch.linalg.lu_factor)."""
    factored = lu_factor_ex(A, pivot, True)
    return FactoredAlone(factored.LU, factored.pivots)


def lu(A: Any, *, pivot: bool = True) -> Unpacked:
    """P [m, m], L [m, k] and U [k, n] with A = P L U and k = min(m, n) (torch.linalg.lu)."""
    factored = lu_factor_ex(A, pivot, False)
    return lu_unpack(factored.LU, factored.pivots)


def _permutation_shape(pivots: Spec, rows: int, kind: dtype) -> Spec:
    return Spec((*pivots.shape[:-1], rows, rows), kind)


@op(shape=_permutation_shape, types="keep", differentiable=False)
def permutation_of(pivots: Array, rows: int, kind: dtype) -> Any:
    """The matrices P that undo row exchanges: PᵀA is A with row i and row pivots[i] - 1 exchanged one after another."""
    space = xp(pivots)
    places = space.arange(rows)
    order = space.broadcast_to(places, (*pivots.shape[:-1], rows)).copy()
    for place in range(pivots.shape[-1]):
        other = pivots[..., place, None] - 1
        there = space.take_along_axis(order, other.astype(np.int64), -1)
        order = space.where(places == other, order[..., place, None], order)
        order[..., place] = there[..., 0]
    return (order[..., None, :] == places[:, None]).astype(kind.numpy)


def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> Unpacked:
    """P, L and U from the compact decomposition; empty tensors for what is not asked for (torch.lu_unpack)."""
    if unpack_pivots and LU_pivots.dtype is not int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype, got "
            f"{LU_pivots.dtype}"
        )
    check_matrix("torch.lu_unpack", LU_data.shape, "LU_data")
    rows, columns = LU_data.shape[-2:]
    least = min(rows, columns)
    empty = LU_data.new_empty(0)
    permutation = permutation_of(LU_pivots, rows, LU_data.dtype) if unpack_pivots else empty
    if not unpack_data:
        return Unpacked(permutation, empty, empty)
    below = tril(LU_data.narrow(-1, 0, least), -1)
    unit = LU_data.new_ones(least).diag_embed()
    lower = below + (unit if rows == least else cat([unit, unit.new_zeros(rows - least, least)], 0))
    return Unpacked(permutation, lower, triu(LU_data.narrow(-2, 0, least)))


def lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Any:
    """X with A X = B, X A = B if not `left`, Aᵀ in place of A if `adjoint`, from A's P L U (torch.linalg.lu_solve)."""
    check_solvable("linalg.lu_solve", LU.shape, B.shape, left)
    if pivots.dtype is not int32:
        raise RuntimeError(f"linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32, got {pivots.dtype}")
    if pivots.shape != LU.shape[:-1]:
        raise RuntimeError(
            "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix: shapes "
            f"{list(pivots.shape)} and {list(LU.shape)}"
        )
    if not left:
        return lu_solve(LU, pivots, B.mT, adjoint=not adjoint).mT
    P, L, U = lu_unpack(LU, pivots)
    if adjoint:
        return P @ solve_triangular(L.mT, solve_triangular(U.mT, B, False), True, True, True)
    return solve_triangular(U, solve_triangular(L, P.mT @ B, False, True, True), True)


def lu_solve_transposed(b: Any, LU_data: Any, LU_pivots: Any) -> Any:
    """X with A X = b from A's P L U, the right side first (torch.lu_solve)."""
    return lu_solve(LU_data, LU_pivots, b)


def legacy_lu(A: Any, pivot: bool = True, get_infos: bool = False) -> Factored | FactoredAlone:
    """The compact decomposition and the row exchanges, with LAPACK's reports if `get_infos` (torch.lu)."""
    factored = lu_factor_ex(A, pivot, not get_infos)
    return factored if get_infos else FactoredAlone(*factored[:2])
