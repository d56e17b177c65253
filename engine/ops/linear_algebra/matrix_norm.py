"""Norms of matrices, and how much worse a matrix makes errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engine.backend.dtype import dtype
from engine.ops.dimensions import wrap_dim
from engine.ops.layouts.layout import movedim
from engine.ops.linear_algebra.matrices import check_matrix, check_square
from engine.ops.linear_algebra.singular_values import singular_values
from engine.ops.linear_algebra.solving import inv_ex
from engine.ops.reductions.norm import vector_norm

Dtype = dtype
Order = float | str | None
SPECTRAL = (2, -2, "nuc")


def _converted(name: str, input: Any, kind: Dtype | None) -> Any:
    given = input.dtype
    if not (given.is_floating_point or given.is_complex):
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {given}")
    if kind is None or kind is given:
        return input
    if not (kind.is_floating_point or kind.is_complex):
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {kind}")
    if kind.is_complex != given.is_complex:
        raise RuntimeError(
            f"{name}: dtype should be {'complex for complex' if given.is_complex else 'real for real'} inputs, but got "
            f"{kind} for {given}"
        )
    if kind.itemsize < given.itemsize:
        raise RuntimeError(
            f"{name}: the dtype of the input ({given}) should be convertible without narrowing to the specified dtype "
            f"({kind})"
        )
    return input.to(kind)


def linalg_vector_norm(
    x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None
) -> Any:
    """(Σ |x|^ord)^(1/ord) over `dim`, of everything by default (torch.linalg.vector_norm).

    inf is the largest |x|, -inf the smallest, 0 how many are not zero; `dtype` is the type to compute in.
    """
    return vector_norm(_converted("linalg.vector_norm", x, dtype), ord, dim, keepdim)


def matrix_norm(
    A: Any, ord: Order = "fro", dim: Sequence[int] = (-2, -1), keepdim: bool = False, *, dtype: Dtype | None = None
) -> Any:
    """The norm of matrices in the two dimensions `dim` (torch.linalg.matrix_norm).

    `fro` √Σ a²; `nuc` the sum of singular values; 2 and -2 the largest and smallest of them; inf and -inf the largest
    and smallest sum of |a| over a row; 1 and -1 over a column. Raises RuntimeError for other orders.
    """
    check_matrix("linalg.matrix_norm", A.shape)
    if isinstance(dim, int) or len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    if ord not in ("fro", "nuc", 2, -2, 1, -1, math.inf, -math.inf):
        raise RuntimeError(
            f"linalg.matrix_norm: Order {ord} not supported: it is one of fro, nuc, inf, -inf, 1, -1, 2 and -2"
        )
    first, second = (wrap_dim(each, A.ndim) for each in dim)
    if first == second:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    A = _converted("linalg.matrix_norm", A, dtype)
    if ord == "fro":
        return vector_norm(A, 2, (first, second), keepdim)
    if ord in SPECTRAL:
        return _spectral_norm(A, ord, first, second, keepdim)
    summed, chosen = (first, second) if abs(float(ord)) == 1 else (second, first)
    sums = vector_norm(A, 1, summed, True)
    return _squeezed(_extreme(sums, chosen, float(ord) > 0), first, second, keepdim)


def _spectral_norm(A: Any, ord: Order, first: int, second: int, keepdim: bool) -> Any:
    values = singular_values(movedim(A, (first, second), (-2, -1)))
    norm = values.sum(-1, True) if ord == "nuc" else _extreme(values, -1, ord == 2)
    back = movedim(norm.unsqueeze(-1), (-2, -1), (first, second))
    return _squeezed(back, first, second, keepdim)


def _extreme(values: Any, dim: int, largest: bool) -> Any:
    if not values.shape[dim]:
        return values.sum(dim, True)
    return values.amax(dim, True) if largest else values.amin(dim, True)


def _squeezed(norm: Any, first: int, second: int, keepdim: bool) -> Any:
    return norm if keepdim else norm.squeeze((first, second))


def norm(A: Any, ord: Order = None, dim: Any = None, keepdim: bool = False, *, dtype: Dtype | None = None) -> Any:
    """A norm of vectors or of matrices: of vectors for one dimension, of matrices for two (torch.linalg.norm).

    Without `ord` it is the 2-norm of all elements; without `dim` A has to be a vector or a matrix.
    """
    if dim is not None and not isinstance(dim, int) and len(dim) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
    if dim is None and ord is not None and A.ndim not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
            f"{A.ndim}D: shape {list(A.shape)}"
        )
    pair = (A.ndim == 2) if dim is None else not isinstance(dim, int) and len(dim) == 2
    if isinstance(ord, str) and not pair:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}: order {ord} is one of matrices")
    if ord is not None and pair:
        return matrix_norm(A, ord, (0, 1) if dim is None else tuple(dim), keepdim, dtype=dtype)
    return linalg_vector_norm(A, 2 if ord is None or isinstance(ord, str) else ord, dim, keepdim, dtype=dtype)


def cond(A: Any, p: Order = None) -> Any:
    """|A| |A⁻¹| in the norm p, S₀ / Sₙ by default; inf of singular matrices (torch.linalg.cond)."""
    check_matrix("linalg.cond", A.shape)
    if p is None or p in (2, -2):
        values = singular_values(A)
        if 0 in A.shape[-2:]:
            return values.sum(-1)
        largest, smallest = values.select(-1, 0), values.select(-1, -1)
        return smallest / largest if p == -2 else largest / smallest
    check_square("linalg.cond", A.shape)
    if 0 in A.shape[-2:]:
        return A.new_zeros(A.shape[:-2])
    inverted = inv_ex(A)
    singular = inverted.info > 0
    inverse = inverted.inverse.masked_fill(singular.unsqueeze(-1).unsqueeze(-1), 0)
    return (matrix_norm(A, p) * matrix_norm(inverse, p)).masked_fill(singular, math.inf)
