"""Approximations of large matrices by a few singular vectors, from random projections."""

from __future__ import annotations

from typing import Any

from engine.ops.linear_algebra.matrices import check_matrix
from engine.ops.linear_algebra.orthogonal import qr
from engine.ops.linear_algebra.singular_values import SingularColumns, linalg_svd


def _approximate_basis(A: Any, q: int, niter: int) -> Any:
    """Orthogonal columns whose span holds most of A's (Halko et al. 2009, algorithm 4.4)."""
    basis = qr(A @ A.new_empty((A.shape[-1], q)).normal_()).Q
    for _ in range(niter):
        basis = qr(A @ qr(A.mT @ basis).Q).Q
    return basis


def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> SingularColumns:
    """U [..., m, q], S [..., q] and V [..., n, q] with A - M ≈ U diag(S) Vᵀ, by chance (torch.svd_lowrank)."""
    check_matrix("svd_lowrank", A.shape)
    count = 6 if q is None else q
    matrix = A if M is None else A - M.expand(A.shape)
    wide = matrix.shape[-2] < matrix.shape[-1]
    tall = matrix.mT if wide else matrix
    basis = _approximate_basis(tall, count, 2 if niter is None else niter)
    inner, values, right = linalg_svd(basis.mT @ tall, False)
    left = basis @ inner
    return SingularColumns(right.mT, values, left) if wide else SingularColumns(left, values, right.mT)


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> SingularColumns:
    """U, S and V of the columns of A without their means (if `center`), the principal axes in V (torch.pca_lowrank)."""
    check_matrix("pca_lowrank", A.shape)
    rows, columns = A.shape[-2:]
    count = min(6, rows, columns) if q is None else q
    if not 0 <= count <= min(rows, columns):
        raise ValueError(
            f"q(={count}) must be non-negative integer and not greater than min(m, n)={min(rows, columns)}: "
            f"shape {list(A.shape)}"
        )
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(-2, True) if center else A, count, niter)
