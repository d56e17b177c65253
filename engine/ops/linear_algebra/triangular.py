"""Systems of equations whose matrix is a triangle."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.lapack import blas, each_matrix, solve_triangles
from engine.backend.namespace import on_host, xp
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.rearranging import tril, triu
from engine.ops.linear_algebra.matrices import check_solvable, common_batch, entitle, swapped
from engine.ops.return_types import shown_as


@shown_as("triangular_solve")
class Solution(NamedTuple):
    """What triangular_solve gives: the solution and a copy of the matrix."""

    solution: Any
    cloned_coefficient: Any


def _solution_shape(A: Spec, B: Spec, upper: bool, left: bool, unitriangular: bool) -> Spec:
    check_solvable("linalg.solve_triangular", A.shape, B.shape, left)
    return Spec((*common_batch(A.shape, B.shape), *B.shape[-2:]), B.dtype)


@op(shape=_solution_shape, types="keep")
def solve_triangular(A: Array, B: Array, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X with A X = B, or X A = B if not `left`, of a triangle A; the other triangle is not looked at.

    A is [..., n, n], B is [..., n, k] (or [..., k, n]), batches broadcast; `unitriangular` takes the diagonal as ones.
    As torch.linalg.solve_triangular; raises RuntimeError for sizes that do not fit.
    """
    shape = _solution_shape(spec_of(A), spec_of(B), upper, left, unitriangular).shape
    space, batch = xp(A), shape[:-2]
    first = space.broadcast_to(A, (*batch, *A.shape[-2:]))
    second = space.broadcast_to(B, shape)
    if not second.size:
        return space.zeros(shape, B.dtype)
    if not on_host(A):
        if left:
            return solve_triangles(first, second, upper, unitriangular)
        return swapped(solve_triangles(swapped(first), swapped(second), not upper, unitriangular))
    solve = blas("trsm", A.dtype)
    return each_matrix(
        lambda matrix, right: (solve(1, matrix, right, side=not left, lower=not upper, diag=unitriangular),),
        batch,
        (first, second),
        ((shape[-2:], B.dtype),),
    )[0]


entitle(solve_triangular, "linalg.solve_triangular")


@solve_triangular.gradients
def _solution_gradients(
    g: Any, A: Any, y: Any, upper: bool, left: bool, unitriangular: bool, needs: Any
) -> tuple[Any, Any]:
    """With A X = B: the gradient of B is A⁻ᵀ g, that of A is -(A⁻ᵀ g) Xᵀ on the triangle (Giles 2008)."""
    of_right = solve_triangular(A.mT, g, not upper, left, unitriangular)
    if not needs[0]:
        return None, of_right
    whole = -(of_right @ y.mT if left else y.mT @ of_right)
    return (triu(whole, int(unitriangular)) if upper else tril(whole, -int(unitriangular))), of_right


def triangular_solve(
    input: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Solution:
    """X with A X = input, or Aᵀ X = input with `transpose`, and a copy of A (torch.triangular_solve)."""
    if transpose:
        solution = solve_triangular(A.mT, input, not upper, True, unitriangular)
    else:
        solution = solve_triangular(A, input, upper, True, unitriangular)
    batch = common_batch(A.shape, input.shape)
    return Solution(solution, A.expand(*batch, *A.shape[-2:]).clone())
