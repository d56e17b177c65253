"""Systems of linear equations and inverse matrices."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import int32
from engine.backend.lapack import each_matrix, failures_raise, lapack
from engine.backend.namespace import xp
from engine.ops.dimensions import wrap_dims
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.layout import movedim
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
from engine.ops.return_types import shown_as

Shape = tuple[int, ...]


@shown_as("linalg_inv_ex")
class Inverse(NamedTuple):
    """The inverse, and for each matrix 0 or the place of the first zero on the diagonal of its factor U, from 1."""

    inverse: Any
    info: Any


@shown_as("linalg_solve_ex")
class Solved(NamedTuple):
    """The solution, and for each matrix 0 or the place of the first zero on the diagonal of its factor U, from 1."""

    result: Any
    info: Any


def _inverse_shape(A: Spec, check_errors: bool) -> tuple[Spec, Spec]:
    check_square("linalg.inv", A.shape)
    return A, info_spec(A)


@op(shape=_inverse_shape, types="keep", nondifferentiable=("info",), complex="holomorphic")
def inv_ex(A: Array, check_errors: bool = False) -> Inverse:
    """A⁻¹ and a report on each matrix; LinAlgError for a singular one if `check_errors` (torch.linalg.inv_ex)."""
    check_square("linalg.inv", A.shape)
    unit = xp(A).broadcast_to(xp(A).eye(A.shape[-1], dtype=A.dtype), A.shape)
    inverse, info = _solved(A, unit)
    failure = first_failure(info) if check_errors else None
    if failure is not None:
        raise LinAlgError(
            f"linalg.inv: {failure[0]}The diagonal element {failure[1]} is zero, the inversion could not be completed "
            "because the input matrix is singular."
        )
    return Inverse(inverse, info)


def _solved(first: Any, second: Any) -> tuple[Any, Any]:
    """The solution of first X = second, and reports; NaN where a matrix is singular."""
    space = xp(first)
    batch = common_batch(first.shape, second.shape)
    left = space.broadcast_to(first, (*batch, *first.shape[-2:]))
    right = space.broadcast_to(second, (*batch, *second.shape[-2:]))
    try:
        with failures_raise(first):
            return space.linalg.solve(left, right), no_failures(first, batch)
    except np.linalg.LinAlgError:
        factorise, kind = lapack("gesv", first.dtype), first.dtype

    def solve(matrix: Any, right: Any) -> tuple[Any, Any]:
        _, _, solution, info = factorise(matrix, right)
        return (solution if not info else math.nan), info

    solution, info = each_matrix(solve, batch, (left, right), ((second.shape[-2:], kind), ((), np.int32)))
    return solution, info


entitle(inv_ex, "linalg.inv")
inv_ex.gradient(A=lambda g_inverse, inverse: -(inverse.mT @ (g_inverse @ inverse.mT)))


def inv(A: Any) -> Any:
    """A⁻¹ of [..., n, n]; raises LinAlgError that names the singular matrix of a batch (torch.linalg.inv)."""
    return inv_ex(A, True).inverse


def _solve_shape(A: Spec, B: Spec, left: bool, check_errors: bool) -> tuple[Spec, Spec]:
    check_solvable("linalg.solve", A.shape, B.shape, left)
    batch = common_batch(A.shape, B.shape)
    return Spec((*batch, *B.shape[-2:]), B.dtype), Spec(batch, int32)


@op(shape=_solve_shape, types="keep", nondifferentiable=("info",))
def solve_matrices(A: Array, B: Array, left: bool = True, check_errors: bool = False) -> Solved:
    """X with A X = B, or X A = B if not `left`, of matrices whose batches broadcast."""
    _solve_shape(spec_of(A), spec_of(B), left, check_errors)
    if left:
        result, info = _solved(A, B)
    else:
        result, info = _solved(swapped(A), swapped(B))
        result = swapped(result)
    failure = first_failure(info) if check_errors else None
    if failure is not None:
        raise LinAlgError(
            f"torch.linalg.solve: {failure[0]}The solver failed because the input matrix is singular: "
            f"the diagonal element {failure[1]} of its factor U is zero."
        )
    return Solved(result, info)


entitle(solve_matrices, "linalg.solve")


@solve_matrices.gradients
def _solve_gradients(g_result: Any, A: Any, result: Any, left: bool, needs: Any) -> tuple[Any, Any]:
    """With A X = B: the gradient of B is A⁻ᵀ g, that of A is -(A⁻ᵀ g) Xᵀ (Giles 2008)."""
    of_right = solve_matrices(A.mT, g_result, left).result
    return -(of_right @ result.mT if left else result.mT @ of_right) if needs[0] else None, of_right


def is_vector(first: Shape, second: Shape) -> bool:
    """Whether the right side of an equation with a matrix is a vector, or a batch of as many vectors as matrices."""
    return len(second) == 1 or (len(first) - 1 == len(second) and second == first[:-1])


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> Solved:
    """X with A X = B (X A = B if not `left`) and a report on each matrix (torch.linalg.solve_ex).

    A is [..., n, n]; B is [..., n, k], [n] or a batch of vectors [..., n] of A's batch.
    """
    check_square("linalg.solve", A.shape)
    if not is_vector(A.shape, B.shape):
        return solve_matrices(A, B, left, check_errors)
    if not left:
        raise RuntimeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this case "
            f"linalg.solve is equivalent to B / A.squeeze(-1): shapes {list(A.shape)} and {list(B.shape)}"
        )
    solved = solve_matrices(A, B.unsqueeze(-1), True, check_errors)
    return Solved(solved.result.squeeze(-1), solved.info)


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """X with A X = B, or X A = B if not `left`; raises LinAlgError for a singular A (torch.linalg.solve)."""
    return solve_ex(A, B, left=left, check_errors=True).result


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    """X with tensordot(A, X, X.ndim) = B; `dims` of A are moved to its end before (torch.linalg.tensorsolve)."""
    moved = A
    if dims is not None:
        places = wrap_dims(tuple(dims), A.ndim)
        moved = movedim(A, places, tuple(range(A.ndim - len(places), A.ndim)))
    rest = moved.shape[B.ndim :]
    if math.prod(rest) != math.prod(moved.shape[: B.ndim]):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {math.prod(rest)} != {math.prod(moved.shape[: B.ndim])}: shapes {list(A.shape)} and "
            f"{list(B.shape)}"
        )
    size = math.prod(B.shape)
    return solve(moved.reshape(size, math.prod(rest)), B.reshape(size)).reshape(rest)


def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of A as a map from its last dimensions to its first `ind` ones (torch.linalg.tensorinv)."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', got {ind}")
    first, last = A.shape[:ind], A.shape[ind:]
    if math.prod(first) != math.prod(last):
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{math.prod(last)} != {math.prod(first)}: shape {list(A.shape)}, ind {ind}"
        )
    return inv(A.reshape(math.prod(first), math.prod(last))).reshape(*last, *first)
