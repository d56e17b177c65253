"""Pseudo-inverses, least squares and ranks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.autograd.modes import host_read
from engine.autograd.op import op
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec
from engine.backend.dtype import int64
from engine.backend.lapack import each_matrix, lapack
from engine.backend.namespace import xp
from engine.ops.eigenvalues import eigvalsh
from engine.ops.indexing import spec_of
from engine.ops.matrices import LinAlgError, check_matrix, check_square, common_batch, entitle, epsilon, refuse_unfit
from engine.ops.selection import maximum
from engine.ops.singular_values import singular_values
from engine.ops.solving import is_vector

Tolerance = Any


def _inverse_shape(A: Spec, atol: Any, rtol: Any, hermitian: bool) -> Spec:
    (check_square if hermitian else check_matrix)("linalg.pinv", A.shape)
    return Spec((*A.shape[:-2], A.shape[-1], A.shape[-2]), A.dtype)


@op(shape=_inverse_shape, types="keep")
def pseudo_inverse(A: Array, atol: Array | Number, rtol: Array | Number, hermitian: bool) -> Any:
    """V diag(1 / S) Uᵀ, of singular values above max(atol, rtol S₀) alone; |λ| in their place if `hermitian`."""
    shape = _inverse_shape(spec_of(A), atol, rtol, hermitian).shape
    space = xp(A)
    if not A.size:
        return space.zeros(shape, A.dtype)
    if hermitian:
        values, left = space.linalg.eigh(A)
        right = left.swapaxes(-2, -1)
    else:
        left, values, right = space.linalg.svd(A, full_matrices=False)
    sizes = space.abs(values)
    bound = space.maximum(_per_matrix(atol), _per_matrix(rtol) * sizes.max(-1, keepdims=True))
    kept = sizes > bound
    inverses = space.where(kept, 1 / space.where(kept, values, 1), 0).astype(A.dtype)
    return (right.swapaxes(-2, -1) * inverses[..., None, :]) @ left.swapaxes(-2, -1)


def _per_matrix(tolerance: Any) -> Any:
    return tolerance[..., None] if getattr(tolerance, "ndim", 0) else tolerance


def _inverse_gradient(g: Any, A: Any, y: Any) -> Any:
    """-Pᵀ g Pᵀ + (I - A P) gᵀ P Pᵀ + Pᵀ P gᵀ (I - P A), P the pseudo-inverse (Golub and Pereyra 1973)."""
    first = g.mT @ y @ y.mT
    second = y.mT @ y @ g.mT
    return first - A @ (y @ first) + second - (second @ y) @ A - y.mT @ g @ y.mT


pseudo_inverse.gradient(A=_inverse_gradient, atol=None, rtol=None)
pseudo_inverse.refuse(lambda name, compute, *given: refuse_unfit("linalg.pinv", compute, given[0]))


def tolerances(A: Any, atol: Tolerance, rtol: Tolerance) -> tuple[Tolerance, Tolerance]:
    """What is given, 0 and max(m, n) ε in place of what is not; a given atol alone counts alone."""
    if rtol is None:
        usual = epsilon(A.dtype) * max(A.shape[-2:])
        if atol is None or (isinstance(atol, int | float) and atol == 0):
            rtol = usual
        else:
            rtol = 0.0 if isinstance(atol, int | float) else (atol <= 0).to(A.dtype) * usual
    return 0.0 if atol is None else atol, rtol


def pinv(
    A: Any, rcond: Tolerance = None, hermitian: bool = False, *, atol: Tolerance = None, rtol: Tolerance = None
) -> Any:
    """The Moore-Penrose inverse of [..., m, n], by eigenvalues of a symmetric one if `hermitian` (torch.linalg.pinv).

    Singular values up to max(atol, rtol S₀) count as zero; rtol is max(m, n) ε unless an atol is given.
    """
    check_matrix("linalg.pinv", A.shape)
    return pseudo_inverse(A, *tolerances(A, atol, rcond if rtol is None else rtol), hermitian)


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """The Moore-Penrose inverse; singular values up to `rcond` of the largest count as zero (torch.pinverse)."""
    return pinv(input, rtol=rcond)


def matrix_rank(
    A: Any, tol: Tolerance = None, hermitian: bool = False, *, atol: Tolerance = None, rtol: Tolerance = None
) -> Any:
    """How many singular values are above max(atol, rtol S₀), or above `tol` (torch.linalg.matrix_rank)."""
    (check_square if hermitian else check_matrix)("linalg.matrix_rank", A.shape)
    if tol is not None:
        atol, rtol = tol, 0.0
    atol, rtol = tolerances(A, atol, rtol)
    values = eigvalsh(A.detach()).abs() if hermitian else singular_values(A.detach())
    if 0 in A.shape[-2:]:
        return values.sum(-1).to(int64)
    bound = values.amax(-1, True) * _unsqueezed(rtol)
    absolute = _unsqueezed(atol)
    if isinstance(absolute, int | float):
        absolute = values.new_full((), absolute)
    return (values > maximum(bound, absolute)).sum(-1)


def _unsqueezed(tolerance: Tolerance) -> Tolerance:
    return tolerance if isinstance(tolerance, int | float) else tolerance.unsqueeze(-1)


class LeastSquares(NamedTuple):
    """Solutions, their squared residuals (empty where not defined), ranks and singular values (if the driver tells)."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


class Fitted(NamedTuple):
    """Solutions, ranks and singular values."""

    solution: Any
    rank: Any
    singular_values: Any


DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def _fitted_shape(A: Spec, B: Spec, rcond: float, driver: str) -> tuple[Spec, Spec, Spec]:
    batch = common_batch(A.shape, B.shape)
    return (
        Spec((*batch, A.shape[-1], B.shape[-1]), A.dtype),
        Spec(batch, int64),
        Spec((*batch, min(A.shape[-2:])), A.dtype),
    )


@op(shape=_fitted_shape, types="keep", nondifferentiable=("rank", "singular_values"))
def least_squares(A: Array, B: Array, rcond: float, driver: str) -> Fitted:
    """The X of least norm among those with least |A X - B|, by one of LAPACK's drivers."""
    specs = _fitted_shape(spec_of(A), spec_of(B), rcond, driver)
    space, batch = xp(A), specs[0].shape[:-2]
    outputs = tuple((each.shape[len(batch) :], each.dtype.numpy) for each in specs)
    if not A.size or not B.size:
        return Fitted(*(space.zeros((*batch, *shape), kind) for shape, kind in outputs))
    inputs = tuple(space.broadcast_to(each, (*batch, *each.shape[-2:])) for each in (A, B))
    return Fitted(*each_matrix(lambda left, right: _fit(left, right, rcond, driver), batch, inputs, outputs))


def _fit(matrix: Any, right: Any, rcond: float, driver: str) -> tuple[Any, Any, Any]:
    rows, columns = matrix.shape
    padded = np.zeros((max(rows, columns), right.shape[-1]), right.dtype)
    padded[:rows] = right
    routine = lapack(driver, matrix.dtype)
    lengths = (rows, columns, right.shape[-1])
    if driver == "gels":
        _, found, info = routine(matrix, padded, lwork=int(lapack("gels_lwork", matrix.dtype)(*lengths)[0]))
        values, rank = 0, 0
    elif driver == "gelsy":
        work = int(lapack("gelsy_lwork", matrix.dtype)(*lengths, rcond)[0])
        _, found, _, rank, info = routine(matrix, padded, np.zeros(columns, np.int32), rcond, work)
        values = 0
    else:
        sizes = lapack(f"{driver}_lwork", matrix.dtype)(*lengths, rcond)
        extra = (int(sizes[1]),) if driver == "gelsd" else ()
        found, values, rank, info = routine(matrix, padded, int(sizes[0]), *extra, rcond)[-4:]
    if info:
        raise LinAlgError(f"torch.linalg.lstsq: the driver {driver} failed with {info} for shape {list(matrix.shape)}")
    return found[:columns], rank, values


entitle(least_squares, "torch.linalg.lstsq")


def _fitted_by_inverse(A: Any, B: Any, rcond: float, driver: str) -> Any:
    return pinv(A, rtol=rcond) @ B if driver != "gels" else pinv(A) @ B


least_squares.gradient_from(_fitted_by_inverse)


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LeastSquares:
    """The X with least |A X - B| of [..., m, n] and [..., m, k] or [..., m] (torch.linalg.lstsq).

    `driver` is one of gels, gelsy (default), gelsd and gelss; residuals are there for full rank, m > n and all drivers
    but gelsy, ranks for all but gels, singular values for the last two. Raises RuntimeError for sizes that do not fit.
    """
    _check_fit(A, B, driver)
    driver = driver or "gelsy"
    vector = is_vector(A.shape, B.shape)
    right = B.unsqueeze(-1) if vector else B
    tolerance = epsilon(A.dtype) * max(A.shape[-2:]) if rcond is None else rcond
    fitted = least_squares(A, right, tolerance, driver)
    return LeastSquares(
        fitted.solution.squeeze(-1) if vector else fitted.solution,
        _residuals(A, right, fitted, driver),
        A.new_empty(0, dtype=int64) if driver == "gels" else fitted.rank,
        fitted.singular_values if driver in ("gelsd", "gelss") else A.new_empty(0),
    )


def _check_fit(A: Any, B: Any, driver: str | None) -> None:
    if A.ndim < 2 or B.ndim < 1:
        which, rank = ("input", 2) if A.ndim < 2 else ("other", 1)
        raise RuntimeError(
            f"torch.linalg.lstsq: {which} must have at least {rank} dimensions: shapes {list(A.shape)} and "
            f"{list(B.shape)}"
        )
    place = -1 if is_vector(A.shape, B.shape) else -2
    if A.shape[-2] != B.shape[place]:
        raise RuntimeError(
            f"torch.linalg.lstsq: input.size(-2) should match other.size({place}): shapes {list(A.shape)} and "
            f"{list(B.shape)}"
        )
    if driver is not None and driver not in DRIVERS:
        raise RuntimeError(
            f"torch.linalg.lstsq: parameter `driver` should be one of ({', '.join(DRIVERS)}), got {driver!r}"
        )


def _residuals(A: Any, B: Any, fitted: Fitted, driver: str) -> Any:
    rows, columns = A.shape[-2:]
    if rows <= columns or driver == "gelsy":
        return A.new_empty(0)
    if driver != "gels":
        host_read("whether the residuals of least squares are defined")
        if fitted.rank.array is not None and not bool((fitted.rank == columns).all()):
            return A.new_empty(0)
    misfit = A @ fitted.solution - B
    return (misfit * misfit).sum(-2)
