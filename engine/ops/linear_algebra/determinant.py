"""Determinants and their logarithms."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.ops.linear_algebra.matrices import check_square, converging, entitle
from engine.ops.linear_algebra.singular_values import singular_decomposition
from engine.ops.linear_algebra.solving import inv_ex
from engine.ops.return_types import shown_as


def _determinant_shape(A: Spec) -> Spec:
    check_square("linalg.det", A.shape)
    return Spec(A.shape[:-2], A.dtype)


@op(shape=_determinant_shape, types="keep")
def det(A: Array) -> Any:
    """The determinants of [..., n, n], 1 of an empty matrix (torch.linalg.det)."""
    check_square("linalg.det", A.shape)
    return xp(A).linalg.det(A)


entitle(det, "linalg.det")


@op(shape=lambda A: A, types="keep")
def cofactors(A: Array) -> Any:
    """The derivative of the determinant, also where it is zero: det(U) det(V) U diag(Π_{k≠i} S_k) Vᵀ.

    By the singular values, after Higham, "What is the adjugate of a matrix?" (2020).
    """
    space = xp(A)
    if not A.size:
        return space.zeros(A.shape, A.dtype)
    with converging("linalg.svd", A):
        left, values, right = space.linalg.svd(A)
    sign = space.linalg.det(left) * space.linalg.det(right)
    rows = space.arange(A.shape[-1])
    factors = space.broadcast_to(values[..., None, :], A.shape).copy()
    factors[..., rows, rows] = 1
    return (left * (sign[..., None] * factors.prod(-1))[..., None, :]) @ right


def _cofactors_gradient(g: Any, A: Any) -> Any:
    """With H = Uᵀ g V and P_ij = Π_{k≠i,j} S_k off the diagonal: det(U) det(V) U (diag(P diag(H)) - P ∘ Hᵀ) Vᵀ."""
    left, values, right = singular_decomposition(A)
    sign = (det(left) * det(right)).unsqueeze(-1).unsqueeze(-1)
    length = values.shape[-1]
    unit = values.new_ones(length).diag_embed()
    left_out = ((unit.unsqueeze(0) + unit.unsqueeze(1)) > 0).expand(*values.shape[:-1], length, length, length)
    others = values.unsqueeze(-2).unsqueeze(-2).expand(left_out.shape).masked_fill(left_out, 1).prod(-1) * (1 - unit)
    inner = left.mT @ g @ right.mT
    diagonal = (others @ inner.diagonal(0, -2, -1).unsqueeze(-1)).squeeze(-1)
    return sign * (left @ (diagonal.diag_embed() - others * inner.mT) @ right)


det.gradient(A=lambda g, A: g.unsqueeze(-1).unsqueeze(-1) * cofactors(A))
cofactors.gradient(A=_cofactors_gradient)


@shown_as("linalg_slogdet")
class SignedLogarithm(NamedTuple):
    """The sign of a determinant (0 of a singular matrix) and the logarithm of its absolute value."""

    sign: Any
    logabsdet: Any


def _signed_shape(A: Spec) -> tuple[Spec, Spec]:
    check_square("linalg.slogdet", A.shape)
    return Spec(A.shape[:-2], A.dtype), Spec(A.shape[:-2], A.dtype.to_real())


@op(shape=_signed_shape, types="keep")
def slogdet(A: Array) -> SignedLogarithm:
    """Sign and log|det A| of [..., n, n], 0 and -inf of singular matrices (torch.linalg.slogdet)."""
    check_square("linalg.slogdet", A.shape)
    return SignedLogarithm(*xp(A).linalg.slogdet(A))


entitle(slogdet, "linalg.slogdet")


def _logarithm_gradient(g_logabsdet: Any, A: Any) -> Any:
    if g_logabsdet is None:
        return A.new_zeros(A.shape)
    return g_logabsdet.unsqueeze(-1).unsqueeze(-1) * inv_ex(A).inverse.mT


slogdet.gradient(A=_logarithm_gradient)


def logdet(input: Any) -> Any:
    """The logarithm of the determinants of [..., n, n]: NaN where it is negative, -inf where it is 0 (torch.logdet)."""
    signed = slogdet(input)
    return signed.logabsdet.masked_fill(signed.sign < 0, math.nan)
