"""Eigenvalues and eigenvectors of any square matrices, which are complex even where the matrices are real."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype_of
from engine.backend.lapack import each_matrix
from engine.ops.elementwise.complex_numbers import real
from engine.ops.indices.indexing import spec_of
from engine.ops.linear_algebra.matrices import check_square, converging, entitle
from engine.ops.linear_algebra.solving import inv_ex
from engine.ops.return_types import shown_as


@shown_as("linalg_eig")
class Eigen(NamedTuple):
    """Eigenvalues in LAPACK's order, and eigenvectors of length 1 as columns."""

    eigenvalues: Any
    eigenvectors: Any


def _eigen_shape(A: Spec) -> tuple[Spec, Spec]:
    check_square("linalg.eig", A.shape)
    kind = A.dtype.to_complex()
    return Spec(A.shape[:-1], kind), Spec(A.shape, kind)


@op(shape=_eigen_shape, types="keep", complex="own")
def eig(A: Array) -> Eigen:
    """λ [..., n] and V [..., n, n], complex, with A V = V diag(λ) (torch.linalg.eig).

    Gradients are those of functions that do not depend on the phase of each eigenvector, which is arbitrary. Raises
    LinAlgError where nothing converges. The host computes, also for matrices on a GPU.
    """
    kind = _eigen_shape(spec_of(A))[0].dtype.numpy
    with converging("linalg.eig", A):
        return Eigen(*each_matrix(np.linalg.eig, A.shape[:-2], (A,), ((A.shape[-1:], kind), (A.shape[-2:], kind))))


def _eigen_gradient(
    g_eigenvalues: Any, g_eigenvectors: Any, eigenvalues: Any, eigenvectors: Any, dtype_of_A: Any
) -> Any:
    """V⁻ᴴ (diag(gλ) + (Vᴴ gV - Vᴴ V Re diag(Vᴴ gV)) / E*) Vᴴ, with E_ij = λ_j - λ_i off the diagonal.

    Boeddeker et al., "On the computation of complex-valued gradients with application to statistically optimum
    beamforming", 2017; the subtracted term is that of the eigenvectors' length, which stays 1.
    """
    adjoint = eigenvectors.mH
    inner = None if g_eigenvalues is None else g_eigenvalues.diag_embed()
    if g_eigenvectors is not None:
        turned = adjoint @ g_eigenvectors
        lengths = real(turned.diagonal(0, -2, -1)).unsqueeze(-2)
        unit = eigenvalues.new_ones(eigenvalues.shape[-1:]).diag_embed()
        distance = eigenvalues.unsqueeze(-2) - eigenvalues.unsqueeze(-1) + unit
        turning = (turned - adjoint @ (eigenvectors * lengths)) / distance.conj()
        inner = turning if inner is None else inner + turning
    gradient = inv_ex(adjoint).inverse @ inner @ adjoint
    return gradient if dtype_of_A.is_complex else real(gradient)


entitle(eig, "linalg.eig")
eig.gradient(A=_eigen_gradient)


def _values_shape(A: Spec) -> Spec:
    check_square("linalg.eigvals", A.shape)
    return Spec(A.shape[:-1], A.dtype.to_complex())


@op(shape=_values_shape, types="keep", complex="own")
def eigvals(A: Array) -> Any:
    """The eigenvalues [..., n] of any square matrices, complex (torch.linalg.eigvals)."""
    check_square("linalg.eigvals", A.shape)
    kind = dtype_of(A).to_complex().numpy
    with converging("linalg.eigvals", A):
        return each_matrix(lambda matrix: (np.linalg.eigvals(matrix),), A.shape[:-2], (A,), ((A.shape[-1:], kind),))[0]


entitle(eigvals, "linalg.eigvals")
eigvals.gradient_from(lambda A: eig(A).eigenvalues)
