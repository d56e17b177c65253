"""Pseudo-inverses and ranks of matrices."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec
from engine.backend.dtype import int64
from engine.backend.namespace import xp
from engine.ops.elementwise.selection import maximum
from engine.ops.indices.indexing import spec_of
from engine.ops.linear_algebra.eigenvalues import eigvalsh
from engine.ops.linear_algebra.matrices import check_matrix, check_square, converging, epsilon, refuse_unfit
from engine.ops.linear_algebra.singular_values import singular_values

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
    with converging("linalg.pinv", A):
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


def pseudo_inverse_gradient(g: Any, A: Any, y: Any) -> Any:
    """-Pᵀ g Pᵀ + (I - A P) gᵀ P Pᵀ + Pᵀ P gᵀ (I - P A), P the pseudo-inverse (Golub and Pereyra 1973)."""
    first = g.mT @ y @ y.mT
    second = y.mT @ y @ g.mT
    return first - A @ (y @ first) + second - (second @ y) @ A - y.mT @ g @ y.mT


pseudo_inverse.gradient(A=pseudo_inverse_gradient, atol=None, rtol=None)
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
