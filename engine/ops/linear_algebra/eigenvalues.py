"""Eigenvalues and eigenvectors of symmetric matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.ops.indices.indexing import spec_of
from engine.ops.linear_algebra.matrices import check_square, converging, entitle
from engine.ops.return_types import shown_as


@shown_as("linalg_eigh")
class Eigen(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


def _check(A: Spec, UPLO: str, name: str = "linalg.eigh") -> None:
    check_square(name, A.shape)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")


def _eigen_shape(A: Spec, UPLO: str) -> tuple[Spec, Spec]:
    _check(A, UPLO)
    return Spec(A.shape[:-1], A.dtype.to_real()), A


@op(shape=_eigen_shape, types="keep")
def eigh(A: Array, UPLO: str = "L") -> Eigen:
    """λ [..., n], ascending, and V [..., n, n] with A = V diag(λ) Vᵀ of a symmetric A (torch.linalg.eigh).

    Only the lower (`L`) or upper (`U`) triangle is looked at. Raises LinAlgError where nothing converges.
    """
    _check(spec_of(A), UPLO)
    with converging("linalg.eigh", A):
        return Eigen(*xp(A).linalg.eigh(A, UPLO.upper()))


entitle(eigh, "linalg.eigh")


def _eigen_gradient(g_eigenvalues: Any, g_eigenvectors: Any, eigenvalues: Any, eigenvectors: Any) -> Any:
    """V (diag(gλ) + (Vᵀ gV) / E) Vᵀ made symmetric, with E_ij = λ_j - λ_i off the diagonal (Giles 2008)."""
    if g_eigenvectors is None:
        return eigenvectors @ (g_eigenvalues.unsqueeze(-1) * eigenvectors.mT)
    unit = eigenvalues.new_ones(eigenvalues.shape[-1]).diag_embed()
    distance = eigenvalues.unsqueeze(-2) - eigenvalues.unsqueeze(-1) + unit
    turned = eigenvectors.mT @ g_eigenvectors
    # The skew part alone: what is symmetric of it would change the lengths of the eigenvectors.
    inner = (turned - turned.mT) / 2 / distance
    if g_eigenvalues is not None:
        inner = inner + g_eigenvalues.diag_embed()
    return eigenvectors @ inner @ eigenvectors.mT


eigh.gradient(A=_eigen_gradient)


def _values_shape(A: Spec, UPLO: str) -> Spec:
    _check(A, UPLO, "linalg.eigvalsh")
    return Spec(A.shape[:-1], A.dtype.to_real())


@op(shape=_values_shape, types="keep")
def eigvalsh(A: Array, UPLO: str = "L") -> Any:
    """The eigenvalues [..., n] of symmetric matrices in ascending order (torch.linalg.eigvalsh)."""
    _values_shape(spec_of(A), UPLO)
    with converging("linalg.eigvalsh", A):
        return xp(A).linalg.eigvalsh(A, UPLO.upper())


entitle(eigvalsh, "linalg.eigvalsh")
eigvalsh.gradient_from(lambda A, UPLO: eigh(A, UPLO).eigenvalues)
