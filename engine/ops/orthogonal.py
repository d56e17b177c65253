"""The decomposition A = Q R, and orthogonal matrices as products of reflections."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.lapack import each_matrix, lapack
from engine.backend.namespace import xp
from engine.ops.indexing import spec_of
from engine.ops.joining import cat
from engine.ops.matrices import check_matrix, entitle
from engine.ops.rearranging import tril, triu
from engine.ops.triangular import solve_triangular


class OrthogonalTriangular(NamedTuple):
    """A matrix with orthogonal columns and an upper triangle."""

    Q: Any
    R: Any


class Reflections(NamedTuple):
    """R on and above the diagonal, below it the reflecting vectors, and their weights."""

    a: Any
    tau: Any


def _qr_shape(A: Spec, mode: str) -> tuple[Spec, Spec]:
    check_matrix("linalg.qr", A.shape)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    *batch, rows, columns = A.shape
    inner = rows if mode == "complete" else min(rows, columns)
    orthogonal = (0,) if mode == "r" else (*batch, rows, inner)
    return Spec(orthogonal, A.dtype), Spec((*batch, inner, columns), A.dtype)


@op(shape=_qr_shape, types="keep")
def qr(A: Array, mode: str = "reduced") -> OrthogonalTriangular:
    """Q [..., m, k] with orthogonal columns and R [..., k, n], an upper triangle, with A = Q R (torch.linalg.qr).

    k is min(m, n), or m in mode `complete`; in mode `r` Q is empty. Raises RuntimeError for other modes.
    """
    shapes = _qr_shape(spec_of(A), mode)
    space = xp(A)
    if not A.size:
        return OrthogonalTriangular(_unit_matrices(space, shapes[0]), space.zeros(shapes[1].shape, A.dtype))
    if mode == "r":
        return OrthogonalTriangular(space.zeros(0, A.dtype), space.linalg.qr(A, mode="r"))
    return OrthogonalTriangular(*space.linalg.qr(A, mode=mode))


def _unit_matrices(space: Any, spec: Spec) -> Any:
    kind = spec.dtype.numpy
    if spec.ndim < 2:
        return space.zeros(spec.shape, kind)
    return space.broadcast_to(space.eye(*spec.shape[-2:], dtype=kind), spec.shape).copy()


entitle(qr, "linalg.qr")


def _qr_gradient(g_Q: Any, g_R: Any, Q: Any, R: Any, mode: str) -> Any:
    """(gQ + Q sym(R gRᵀ - gQᵀ Q)) R⁻ᵀ, sym copying the lower triangle up (Walter and Lehmann 2012).

    The columns of a wide A beyond its square X are Q times those of R, and only X decides on Q.
    """
    rows, columns = R.shape[-2:]
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
            "linalg.qr(A, mode='reduced') if you are going to require gradients."
        )
    if mode == "complete" and Q.shape[-1] > columns:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols: "
            f"Q has shape {list(Q.shape)}, R {list(R.shape)}"
        )
    of_orthogonal = g_Q if g_Q is not None else Q.new_zeros(Q.shape)
    of_triangle = triu(g_R) if g_R is not None else R.new_zeros(R.shape)
    if columns <= rows:
        return _square_qr_gradient(of_orthogonal, of_triangle, Q, R)
    beyond = columns - rows
    rest, of_rest = R.narrow(-1, rows, beyond), of_triangle.narrow(-1, rows, beyond)
    of_orthogonal = of_orthogonal + Q @ (rest @ of_rest.mT)
    square = _square_qr_gradient(of_orthogonal, of_triangle.narrow(-1, 0, rows), Q, R.narrow(-1, 0, rows))
    return cat([square, Q @ of_rest], -1)


def _square_qr_gradient(g_Q: Any, g_R: Any, Q: Any, R: Any) -> Any:
    inner = R @ g_R.mT - g_Q.mT @ Q
    symmetric = tril(inner) + tril(inner, -1).mT
    return solve_triangular(R.mT, g_Q + Q @ symmetric, False, False)


qr.gradient(A=_qr_gradient)


def _reflections_shape(input: Spec) -> tuple[Spec, Spec]:
    check_matrix("torch.geqrf", input.shape, "input")
    return input, Spec((*input.shape[:-2], min(input.shape[-2:])), input.dtype)


@op(shape=_reflections_shape, types="keep")
def geqrf(input: Array) -> Reflections:
    """R and the reflections whose product is Q, as LAPACK's geqrf gives them; it has no derivative (torch.geqrf)."""
    compact, weights = _reflections_shape(spec_of(input))
    if not input.size:
        return Reflections(input.copy(), xp(input).zeros(weights.shape, input.dtype))
    factorise = lapack("geqrf", input.dtype)
    outputs = ((compact.shape[-2:], input.dtype), (weights.shape[-1:], input.dtype))
    return Reflections(*each_matrix(lambda matrix: factorise(matrix)[:2], input.shape[:-2], (input,), outputs))


entitle(geqrf, "geqrf")


def _reflected(vectors: Any, tau: Any, place: int, other: Any) -> Any:
    """(I - tau v vᵀ) other, of the reflection at a place."""
    vector = vectors.narrow(-1, place, 1)
    weight = tau.narrow(-1, place, 1).unsqueeze(-1)
    return other - (weight * vector) @ (vector.mT @ other)


def _reflecting_vectors(compact: Any, count: int) -> Any:
    rows = compact.shape[-2]
    unit = compact.new_ones(count).diag_embed()
    unit = unit if rows == count else cat([unit, unit.new_zeros(rows - count, count)], 0)
    return tril(compact.narrow(-1, 0, count), -1) + unit


def _check_reflections(name: str, compact: Any, tau: Any, columns: int) -> None:
    check_matrix(name, compact.shape, "input")
    if tau.shape[-1] > columns:
        raise RuntimeError(
            f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]: shapes {list(compact.shape)} and "
            f"{list(tau.shape)}"
        )
    if tau.ndim != compact.ndim - 1 or tau.shape[:-1] != compact.shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input and its batch: shapes {list(tau.shape)} and "
            f"{list(compact.shape)}"
        )
    if tau.dtype is not compact.dtype:
        raise RuntimeError(f"{name}: tau dtype {tau.dtype} does not match input dtype {compact.dtype}")


def householder_product(A: Any, tau: Any) -> Any:
    """The first n columns of the product of reflections below A's diagonal (torch.linalg.householder_product)."""
    _check_reflections("torch.linalg.householder_product", A, tau, A.shape[-1] if A.ndim else 0)
    rows, columns = A.shape[-2:]
    if rows < columns:
        raise RuntimeError(
            "torch.linalg.householder_product: input.shape[-2] must be greater than or equal to input.shape[-1], got "
            f"{list(A.shape)}"
        )
    vectors = _reflecting_vectors(A, tau.shape[-1])
    unit = A.new_ones(columns).diag_embed()
    result = unit if rows == columns else cat([unit, unit.new_zeros(rows - columns, columns)], 0)
    result = result.expand(A.shape)
    for place in reversed(range(tau.shape[-1])):
        result = _reflected(vectors, tau, place, result)
    return result.clone() if tau.shape[-1] == 0 else result


def ormqr(input: Any, tau: Any, other: Any, left: bool = True, transpose: bool = False) -> Any:
    """Q other, or other Q if not `left`, Qᵀ if `transpose`, Q the whole product of reflections (torch.ormqr)."""
    check_matrix("torch.ormqr", input.shape, "input")
    check_matrix("torch.ormqr", other.shape, "other")
    if tau.shape[-1] > input.shape[-1]:
        raise RuntimeError(
            f"torch.ormqr: input.shape[-1] must be greater than or equal to tau.shape[-1]: shapes {list(input.shape)} "
            f"and {list(tau.shape)}"
        )
    length, name = other.shape[-2 if left else -1], f"other.shape[{-2 if left else -1}]"
    if length < tau.shape[-1] or tau.shape[-1] != min(length, input.shape[-1]):
        raise RuntimeError(
            f"torch.ormqr: tau.shape[-1] must be equal to min({name}, input.shape[-1]): shapes {list(tau.shape)}, "
            f"{list(other.shape)} and {list(input.shape)}"
        )
    if input.shape[-2] != length:
        raise RuntimeError(
            f"torch.ormqr: input.shape[-2] must be equal to {name}: shapes {list(input.shape)} and {list(other.shape)}"
        )
    _check_reflections("torch.ormqr", input, tau, input.shape[-1])
    if not left:
        return ormqr(input, tau, other.mT, True, not transpose).mT
    vectors, result = _reflecting_vectors(input, tau.shape[-1]), other
    order = range(tau.shape[-1])
    for place in order if transpose else reversed(order):
        result = _reflected(vectors, tau, place, result)
    return result.clone() if tau.shape[-1] == 0 else result


def orgqr(input: Any, tau: Any) -> Any:
    """householder_product under LAPACK's name (torch.orgqr)."""
    return householder_product(input, tau)


def legacy_qr(input: Any, some: bool = True) -> OrthogonalTriangular:
    """Q and R with input = Q R, the whole square Q if not `some` (torch.qr)."""
    return qr(input, "reduced" if some else "complete")
