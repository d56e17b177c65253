"""The singular value decomposition."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.ops.linear_algebra.matrices import check_matrix, converging, entitle
from engine.ops.return_types import shown_as


@shown_as("linalg_svd")
class Singular(NamedTuple):
    """Left singular vectors as columns, singular values in descending order, right singular vectors as rows."""

    U: Any
    S: Any
    Vh: Any


@shown_as("svd")
class SingularColumns(NamedTuple):
    """Left singular vectors as columns, singular values in descending order, right singular vectors as columns."""

    U: Any
    S: Any
    V: Any


def _singular_shape(A: Spec, full_matrices: bool) -> tuple[Spec, Spec, Spec]:
    check_matrix("linalg.svd", A.shape)
    *batch, rows, columns = A.shape
    least = min(rows, columns)
    left, right = (rows, columns) if full_matrices else (least, least)
    return (
        Spec((*batch, rows, left), A.dtype),
        Spec((*batch, least), A.dtype.to_real()),
        Spec((*batch, right, columns), A.dtype),
    )


@op(shape=_singular_shape, types="keep")
def singular_decomposition(A: Array, full_matrices: bool = True) -> Singular:
    """U, S and Vᵀ with A = U diag(S) Vᵀ; square U and Vᵀ with `full_matrices`, else as many vectors as values."""
    check_matrix("linalg.svd", A.shape)
    with converging("linalg.svd", A):
        return Singular(*xp(A).linalg.svd(A, full_matrices=full_matrices))


entitle(singular_decomposition, "linalg.svd")


def _singular_gradient(g_U: Any, g_S: Any, g_Vh: Any, U: Any, S: Any, Vh: Any) -> Any:
    """The gradient by Townsend (2016), of as many vectors as there are values.

    U [(skew(Uᵀ gU) / E) S + S (skew(Vᵀ gV) / E) + diag(gS)] Vᵀ + (I - U Uᵀ) gU S⁻¹ Vᵀ + U S⁻¹ gVᵀ (I - V Vᵀ) with
    E_ij = S_j² - S_i² off the diagonal and skew(X) = X - Xᵀ.
    """
    rows, columns, least = U.shape[-2], Vh.shape[-1], S.shape[-1]
    left, right = U.narrow(-1, 0, least), Vh.narrow(-2, 0, least)
    if g_U is None and g_Vh is None:
        return left @ (g_S.unsqueeze(-1) * right)
    unit = S.new_ones(least).diag_embed()
    squares = S * S
    distance = squares.unsqueeze(-2) - squares.unsqueeze(-1) + unit
    inner = g_S.diag_embed() if g_S is not None else S.new_zeros((*left.shape[:-2], least, least))
    outside = None
    if g_U is not None:
        of_left = g_U.narrow(-1, 0, least)
        projected = left.mT @ of_left
        inner = inner + (projected - projected.mT) / distance * S.unsqueeze(-2)
        if rows > least:
            outside = ((of_left - left @ projected) / S.unsqueeze(-2)) @ right
    if g_Vh is not None:
        of_right = g_Vh.narrow(-2, 0, least)
        projected = right @ of_right.mT
        inner = inner + S.unsqueeze(-1) * (projected - projected.mT) / distance
        if columns > least:
            beyond = left @ ((of_right - projected.mT @ right) / S.unsqueeze(-1))
            outside = beyond if outside is None else outside + beyond
    inside = left @ inner @ right
    return inside if outside is None else inside + outside


singular_decomposition.gradient(A=_singular_gradient)


def _values_shape(A: Spec) -> Spec:
    return _singular_shape(A, False)[1]


@op(shape=_values_shape, types="keep")
def singular_values(A: Array) -> Any:
    """The singular values [..., min(m, n)] in descending order."""
    check_matrix("linalg.svd", A.shape)
    with converging("linalg.svd", A):
        return xp(A).linalg.svd(A, compute_uv=False)


entitle(singular_values, "linalg.svd")
singular_values.gradient_from(lambda A: singular_decomposition(A, False).S)


def _check_driver(A: Any, driver: str | None) -> None:
    if driver is not None and A.device.type != "cuda":
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend: "
            f"driver {driver!r} for a tensor on {A.device}"
        )


def linalg_svd(A: Any, full_matrices: bool = True, *, driver: str | None = None) -> Singular:
    """U, S and Vᵀ with A = U diag(S) Vᵀ of [..., m, n]; LinAlgError where nothing converges (torch.linalg.svd)."""
    _check_driver(A, driver)
    return singular_decomposition(A, full_matrices)


def svdvals(A: Any, *, driver: str | None = None) -> Any:
    """The singular values [..., min(m, n)] in descending order (torch.linalg.svdvals)."""
    _check_driver(A, driver)
    return singular_values(A)


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> SingularColumns:
    """U, S and V with input = U diag(S) Vᵀ; U and V are zeros if not `compute_uv` (torch.svd)."""
    check_matrix("linalg.svd", input.shape)
    if not compute_uv:
        rows, columns = input.shape[-2:]
        zeros = (input.new_zeros((*input.shape[:-2], length, length)) for length in (rows, columns))
        return SingularColumns(next(zeros), singular_values(input), next(zeros))
    decomposed = singular_decomposition(input, not some)
    return SingularColumns(decomposed.U, decomposed.S, decomposed.Vh.mT)
