"""Norms of vectors."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype, dtype
from engine.backend.namespace import xp
from engine.ops.dimensions import wrap_dim
from engine.ops.elementwise.selection import where
from engine.ops.linear_algebra.singular_values import svdvals
from engine.ops.precision import narrowed, widened
from engine.ops.reductions.reduction import Dims, reduced_dims, reduced_shape, reduced_size, restored


def _norm_shape(input: Spec, ord: float, dim: Dims, keepdim: bool) -> Spec:
    if (ord < 0 or ord == math.inf) and reduced_size(input.shape, dim) == 0:
        raise RuntimeError(
            f"norm cannot compute the {ord} norm on an empty tensor because the operation does not have an identity: "
            f"shape {list(input.shape)}, dim {dim}"
        )
    return Spec(reduced_shape(input.shape, dim, keepdim), input.dtype)


@op(shape=_norm_shape, types="keep")
def vector_norm(input: Array, ord: float = 2, dim: Dims = None, keepdim: bool = False) -> Any:
    """(Σ |input|^ord)^(1/ord) over `dim`; inf is the largest |input|, -inf the smallest, 0 how many are not zero.

    As torch.linalg.vector_norm; raises RuntimeError for integers, and where nothing is left to choose from.
    """
    _norm_shape(Spec(input.shape, as_dtype(input.dtype)), ord, dim, keepdim)
    over: dict[str, Any] = {"axis": reduced_dims(dim, input.ndim), "keepdims": keepdim}
    values = widened(input)
    if ord == 0:
        result = (values != 0).sum(**over, dtype=values.dtype)
    elif ord == 2:
        result = xp(input).sqrt((values * values).sum(**over))
    elif ord == math.inf:
        result = abs(values).max(**over)
    elif ord == -math.inf:
        result = abs(values).min(**over)
    elif ord == 1:
        result = abs(values).sum(**over)
    else:
        result = (abs(values) ** ord).sum(**over) ** (1 / ord)
    return narrowed(result, input)


def _norm_gradient(g: Any, input: Any, y: Any, ord: float, dim: Dims) -> Any:
    g, y = restored(g, input.shape, dim), restored(y, input.shape, dim)
    if ord == 0:
        return None
    if ord == 1:
        return g * input.sign()
    if ord == 2:
        return g * (input / y).masked_fill(y == 0, 0)
    if math.isinf(ord):
        reached = input.abs() == y
        return g / reached.sum(dim, True) * input.sign() * reached
    slopes = (input.sign() * input.abs() ** (ord - 1)).masked_fill(input == 0, 0)
    return (g / y ** (ord - 1)).masked_fill(y == 0, 0) * slopes


def _refuse_whole(name: str, compute: dtype | None, given: dtype) -> None:
    if not given.is_floating_point:
        raise RuntimeError(
            f"{name}: Expected a floating point tensor as input. Got {given}; convert it with .to(dtype)"
        )


vector_norm.gradient(input=_norm_gradient)
vector_norm.refuse(_refuse_whole)


def norm(
    input: Any, p: float | str | None = "fro", dim: Dims = None, keepdim: bool = False, dtype: dtype | None = None
) -> Any:
    """The p-norm over `dim`, of everything by default (torch.norm).

    `fro` is p=2; `nuc` the sum of a matrix's singular values, over two dimensions; raises RuntimeError for other names.
    """
    values = input if dtype is None else input.to(dtype)
    if p == "nuc":
        return nuclear_norm(values, dim, keepdim)
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"norm: p must be a number, 'fro' or 'nuc', got {p!r}")
    return vector_norm(values, 2 if p is None or isinstance(p, str) else p, dim, keepdim)


def nuclear_norm(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """The sum of the singular values of matrices that lie in two dimensions (torch.nuclear_norm)."""
    dims = reduced_dims(dim, input.ndim)
    if len(dims) != 2:
        raise RuntimeError(
            f"norm: the nuclear norm is over 2 dimensions, got dim {dim} for an input of shape {list(input.shape)}"
        )
    total = svdvals(input.movedim(dims, (-2, -1))).sum(-1)
    return total.reshape(reduced_shape(input.shape, dims, True)) if keepdim else total


def shortening(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """What slices along `dim` are multiplied with so that none is longer than `maxnorm`."""
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim}: shape {list(input.shape)}")
    if p <= 0:
        raise RuntimeError(f"renorm: non-positive norm {p} not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    kept = wrap_dim(dim, input.ndim)
    length = vector_norm(input, p, tuple(place for place in range(input.ndim) if place != kept), True)
    return where(length > maxnorm, maxnorm / (length + 1e-7), 1.0)


def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """The input with slices along `dim` that are longer than `maxnorm` in the p-norm shortened to it (torch.renorm)."""
    return input * shortening(input, p, dim, maxnorm)
