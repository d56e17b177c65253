"""Orthogonal matrices as products of reflections I - tau v vᵀ, compact as LAPACK keeps them."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.lapack import each_matrix, lapack
from engine.backend.namespace import on_host, xp
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.joining import cat
from engine.ops.layouts.rearranging import tril
from engine.ops.linear_algebra.matrices import check_matrix, entitle, swapped
from engine.ops.return_types import shown_as


@shown_as("geqrf")
class Reflections(NamedTuple):
    """R on and above the diagonal, below it the reflecting vectors, and their weights."""

    a: Any
    tau: Any


def _reflections_shape(input: Spec) -> tuple[Spec, Spec]:
    check_matrix("torch.geqrf", input.shape, "input")
    return input, Spec((*input.shape[:-2], min(input.shape[-2:])), input.dtype)


@op(shape=_reflections_shape, types="keep")
def geqrf(input: Array) -> Reflections:
    """R and the reflections whose product is Q, as LAPACK's geqrf gives them; it has no derivative (torch.geqrf)."""
    _, weights = _reflections_shape(spec_of(input))
    if not input.size:
        return Reflections(input.copy(), xp(input).zeros(weights.shape, input.dtype))
    across, tau = xp(input).linalg.qr(input, mode="raw")
    return Reflections(xp(input).ascontiguousarray(swapped(across)), tau)


entitle(geqrf, "geqrf")


def _reflecting_vectors(compact: Any, count: int) -> Any:
    """The columns below the diagonal, with a one on it and zeros above."""
    rows = compact.shape[-2]
    unit = compact.new_ones(count).diag_embed()
    unit = unit if rows == count else cat([unit, unit.new_zeros(rows - count, count)], 0)
    return tril(compact.narrow(-1, 0, count), -1) + unit


def _reflected(vectors: Any, tau: Any, place: int, other: Any) -> Any:
    """(I - tau v vᵀ) other, of the reflection at a place."""
    vector = vectors.narrow(-1, place, 1)
    weight = tau.narrow(-1, place, 1).unsqueeze(-1)
    return other - (weight * vector) @ (vector.mT @ other)


def _check_weights(name: str, compact: Spec, tau: Spec) -> None:
    check_matrix(name, compact.shape, "input")
    if tau.ndim != compact.ndim - 1 or tau.shape[:-1] != compact.shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input and its batch: shapes {list(tau.shape)} and "
            f"{list(compact.shape)}"
        )
    if tau.shape[-1] > compact.shape[-1]:
        raise RuntimeError(
            f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]: shapes {list(compact.shape)} and "
            f"{list(tau.shape)}"
        )


def _product_shape(A: Spec, tau: Spec) -> Spec:
    name = "torch.linalg.householder_product"
    _check_weights(name, A, tau)
    if A.shape[-2] < A.shape[-1]:
        raise RuntimeError(
            f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1], got shape {list(A.shape)}"
        )
    return A


@op(shape=_product_shape, types="keep")
def householder_product(A: Array, tau: Array) -> Any:
    """The first n columns of the product of reflections below the diagonal of A [..., m, n], whose weights are tau.

    As torch.linalg.householder_product; raises RuntimeError for sizes that do not fit.
    """
    _product_shape(spec_of(A), spec_of(tau))
    if not A.size or not tau.shape[-1]:
        return xp(A).zeros(A.shape, A.dtype) + xp(A).eye(*A.shape[-2:], dtype=A.dtype)
    if not on_host(A):
        unit = xp(A).eye(*A.shape[-2:], dtype=A.dtype)
        return _applied_there(A, tau, xp(A).broadcast_to(unit, A.shape), True, False)
    multiply = lapack("orgqr", A.dtype)
    return each_matrix(
        lambda matrix, weights: multiply(matrix, weights)[:1], A.shape[:-2], (A, tau), ((A.shape[-2:], A.dtype),)
    )[0]


def _applied_there(compact: Any, tau: Any, other: Any, left: bool, transpose: bool) -> Any:
    """The product of reflections times other arrays, one after the other, on a GPU, for which CuPy has nothing."""
    if not left:
        return swapped(_applied_there(compact, tau, swapped(other), True, not transpose))
    space, count = xp(compact), tau.shape[-1]
    vectors = space.tril(compact[..., :count], -1) + space.eye(compact.shape[-2], count, dtype=compact.dtype)
    for place in range(count) if transpose else reversed(range(count)):
        vector, weight = vectors[..., place, None], tau[..., place, None, None]
        other = other - (weight * vector) @ (swapped(vector) @ other)
    return other


entitle(householder_product, "torch.linalg.householder_product")


def _multiplied_by_reflections(A: Any, tau: Any) -> Any:
    if 0 in A.shape or 0 in tau.shape:
        return A.detach()
    vectors = _reflecting_vectors(A, tau.shape[-1])
    unit = A.new_ones(A.shape[-2]).diag_embed().narrow(-1, 0, A.shape[-1])
    result = unit.expand(A.shape)
    for place in reversed(range(tau.shape[-1])):
        result = _reflected(vectors, tau, place, result)
    return result


householder_product.gradient_from(_multiplied_by_reflections)


def orgqr(input: Any, tau: Any) -> Any:
    """householder_product under LAPACK's name (torch.orgqr)."""
    return householder_product(input, tau)


def _applied_shape(input: Spec, tau: Spec, other: Spec, left: bool, transpose: bool) -> Spec:
    name, side = "torch.ormqr", -2 if left else -1
    check_matrix(name, input.shape, "input")
    check_matrix(name, other.shape, "other")
    given = f"shapes {list(input.shape)}, {list(tau.shape)} and {list(other.shape)}"
    length = other.shape[side]
    if not tau.shape or tau.shape[-1] != min(length, input.shape[-1]):
        raise RuntimeError(f"{name}: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1]): {given}")
    if input.shape[-2] != length:
        raise RuntimeError(f"{name}: input.shape[-2] must be equal to other.shape[{side}]: {given}")
    if input.shape[:-2] != other.shape[:-2]:
        raise RuntimeError(f"{name}: batch dimensions of input and other must be equal: {given}")
    _check_weights(name, input, tau)
    return other


@op(shape=_applied_shape, types="keep")
def ormqr(input: Array, tau: Array, other: Array, left: bool = True, transpose: bool = False) -> Any:
    """Q other, other Q if not `left`, Qᵀ for Q if `transpose`, of the whole product Q of reflections (torch.ormqr)."""
    _applied_shape(spec_of(input), spec_of(tau), spec_of(other), left, transpose)
    if not other.size or not tau.shape[-1]:
        return other.copy()
    if not on_host(other):
        return _applied_there(input, tau, other, left, transpose)
    multiply, count = lapack("ormqr", other.dtype), tau.shape[-1]
    side, form = "L" if left else "R", "T" if transpose else "N"
    room = 64 * max(other.shape[-2:])
    return each_matrix(
        lambda compact, weights, values: multiply(side, form, compact[:, :count], weights, values, room)[:1],
        other.shape[:-2],
        (input, tau, other),
        ((other.shape[-2:], other.dtype),),
    )[0]


entitle(ormqr, "torch.ormqr")


def _applied_one_by_one(input: Any, tau: Any, other: Any, left: bool, transpose: bool) -> Any:
    if 0 in input.shape or 0 in tau.shape:
        return other.clone()
    if not left:
        return _applied_one_by_one(input, tau, other.mT, True, not transpose).mT
    vectors, result = _reflecting_vectors(input, tau.shape[-1]), other
    order = range(tau.shape[-1])
    for place in order if transpose else reversed(order):
        result = _reflected(vectors, tau, place, result)
    return result


ormqr.gradient_from(_applied_one_by_one)
