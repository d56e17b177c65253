"""The decomposition A = Q R into orthogonal columns and an upper triangle."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.joining import cat
from engine.ops.layouts.rearranging import tril, triu
from engine.ops.linear_algebra.matrices import check_matrix, entitle
from engine.ops.linear_algebra.triangular import solve_triangular
from engine.ops.return_types import shown_as


@shown_as("linalg_qr")
class OrthogonalTriangular(NamedTuple):
    """A matrix with orthogonal columns and an upper triangle."""

    Q: Any
    R: Any


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


def legacy_qr(input: Any, some: bool = True) -> OrthogonalTriangular:
    """Q and R with input = Q R, the whole square Q if not `some` (torch.qr)."""
    return qr(input, "reduced" if some else "complete")
