"""The best answers to systems of equations that have none, or too many."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import int64
from engine.backend.lapack import each_matrix, lapack
from engine.backend.namespace import xp
from engine.ops.indices.indexing import spec_of
from engine.ops.linear_algebra.matrices import LinAlgError, check_matrix, common_batch, entitle, epsilon
from engine.ops.linear_algebra.pseudo_inverse import pinv, pseudo_inverse_gradient
from engine.ops.linear_algebra.solving import is_vector
from engine.ops.return_types import shown_as

DRIVERS = ("gels", "gelsy", "gelsd", "gelss")
SINGULAR_DRIVERS = ("gelsd", "gelss")


@shown_as("linalg_lstsq")
class LeastSquares(NamedTuple):
    """Solutions, their squared residuals (empty where not defined), ranks and singular values (if the driver tells)."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def _fitted_shape(A: Spec, B: Spec, rcond: float, driver: str) -> tuple[Spec, Spec, Spec, Spec]:
    """The shapes where all matrices have full rank; residuals of others are empty."""
    batch = common_batch(A.shape, B.shape)
    rows, columns = A.shape[-2:]
    told = rows > columns and driver != "gelsy"
    return (
        Spec((*batch, columns, B.shape[-1]), A.dtype),
        Spec((*batch, B.shape[-1]) if told else (0,), A.dtype),
        Spec((0,) if driver == "gels" else batch, int64),
        Spec((*batch, min(rows, columns)) if driver in SINGULAR_DRIVERS else (0,), A.dtype),
    )


@op(shape=_fitted_shape, types="keep", nondifferentiable=("rank", "singular_values"))
def least_squares(A: Array, B: Array, rcond: float, driver: str) -> LeastSquares:
    """The X of least norm among those with least |A X - B|, by one of LAPACK's drivers."""
    shapes = _fitted_shape(spec_of(A), spec_of(B), rcond, driver)
    space, batch, kind = xp(A), shapes[0].shape[:-2], A.dtype
    rows, columns = A.shape[-2:]
    if not A.size or not B.size:
        return LeastSquares(*(space.zeros(each.shape, each.dtype.numpy) for each in shapes))
    inputs = tuple(space.broadcast_to(each, (*batch, *each.shape[-2:])) for each in (A, B))
    outputs = ((shapes[0].shape[-2:], kind), ((), np.int64), ((min(rows, columns),), kind))
    solution, rank, values = each_matrix(
        lambda matrix, right: _fit(matrix, right, rcond, driver), batch, inputs, outputs
    )
    residuals = space.zeros(0, kind)
    if shapes[1].shape != (0,) and (driver == "gels" or bool((rank == columns).all())):
        residuals = ((A @ solution - B) ** 2).sum(-2)
    return LeastSquares(
        solution,
        residuals,
        space.zeros(0, np.int64) if driver == "gels" else rank,
        values if driver in SINGULAR_DRIVERS else space.zeros(0, kind),
    )


def _fit(matrix: Any, right: Any, rcond: float, driver: str) -> tuple[Any, Any, Any]:
    """The solution, the rank and the singular values of one matrix, the last two as far as the driver tells them."""
    rows, columns = matrix.shape
    padded = np.zeros((max(rows, columns), right.shape[-1]), right.dtype)
    padded[:rows] = right
    lengths = (rows, columns, right.shape[-1])
    solve, size = lapack(driver, matrix.dtype), lapack(f"{driver}_lwork", matrix.dtype)
    rank: Any = 0
    values: Any = 0
    if driver == "gels":
        _, found, info = solve(matrix, padded, lwork=int(size(*lengths)[0]))
    elif driver == "gelsy":
        order = np.zeros(columns, np.int32)
        _, found, _, rank, info = solve(matrix, padded, order, rcond, int(size(*lengths, rcond)[0]))
    elif driver == "gelsd":
        room, whole_room, _ = size(*lengths, rcond)
        found, values, rank, info = solve(matrix, padded, int(room), int(whole_room), rcond)
    else:
        _, found, values, rank, _, info = solve(matrix, padded, cond=rcond, lwork=int(size(*lengths, rcond)[0]))
    if info:
        raise LinAlgError(f"torch.linalg.lstsq: the driver {driver} failed with {info} for shape {list(matrix.shape)}")
    return found[:columns], rank, values


entitle(least_squares, "torch.linalg.lstsq")


@least_squares.gradients
def _fitted_gradients(
    g_solution: Any, g_residuals: Any, A: Any, B: Any, solution: Any, rcond: float, driver: str, needs: Any
) -> tuple[Any, Any]:
    """With P the pseudo-inverse, X = P B and r = A X - B: gB = Pᵀ gX - 2 r g, gA that of P from gX Bᵀ, and 2 r g Xᵀ."""
    inverse = pinv(A, rtol=None if driver == "gels" else rcond)
    of_A, of_B = A.new_zeros(A.shape), B.new_zeros(B.shape)
    if g_solution is not None:
        of_B = of_B + inverse.mT @ g_solution
        if needs[0]:
            of_A = of_A + pseudo_inverse_gradient(g_solution @ B.mT, A, inverse)
    if g_residuals is not None and g_residuals.shape == (*solution.shape[:-2], solution.shape[-1]):
        of_misfit = 2 * (A @ solution - B) * g_residuals.unsqueeze(-2)
        of_A, of_B = of_A + of_misfit @ solution.mT, of_B - of_misfit
    return of_A, of_B


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LeastSquares:
    """The X with least |A X - B| of [..., m, n] and [..., m, k] or [..., m] (torch.linalg.lstsq).

    `driver` is one of gels, gelsy (default), gelsd and gelss; residuals are there for full rank, m > n and all drivers
    but gelsy, ranks for all but gels, singular values for the last two. Raises RuntimeError for sizes that do not fit.
    """
    name = "torch.linalg.lstsq"
    check_matrix(name, A.shape, "input")
    if not B.ndim:
        raise RuntimeError(f"{name}: other must have at least 1 dimension, but it has 0: shape {list(B.shape)}")
    if driver is not None and driver not in DRIVERS:
        raise RuntimeError(f"{name}: parameter `driver` should be one of ({', '.join(DRIVERS)}), got {driver!r}")
    vector = is_vector(A.shape, B.shape)
    place = -1 if vector else -2
    if A.shape[-2] != B.shape[place]:
        raise RuntimeError(
            f"{name}: input.size(-2) should match other.size({place}): shapes {list(A.shape)} and {list(B.shape)}"
        )
    tolerance = epsilon(A.dtype) * max(A.shape[-2:]) if rcond is None else rcond
    fitted = least_squares(A, B.unsqueeze(-1) if vector else B, tolerance, driver or "gelsy")
    return fitted._replace(solution=fitted.solution.squeeze(-1)) if vector else fitted
