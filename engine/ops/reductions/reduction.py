"""Reductions to sums, means, products, logarithms of sums and truth values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.promotion import to_accumulator
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import on_its_own
from engine.backend.dtype import as_dtype, bool_, dtype, float16, float32, int64, uint8
from engine.backend.namespace import xp
from engine.kernels.cpu import sums as kernels
from engine.ops.dimensions import wrap_dim, wrap_dims
from engine.ops.layouts.windows import diagonal
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_bool

Dims = int | Sequence[int] | None


def reduced_dims(dim: Dims, rank: int) -> tuple[int, ...]:
    """The dimensions that a reduction is over, counted from the front; None and () are all of them."""
    if dim is None or dim == ():
        return tuple(range(rank))
    dims = wrap_dims(dim, rank) if isinstance(dim, Sequence) else (wrap_dim(dim, rank),)
    return dims if rank else ()


def reduced_shape(shape: tuple[int, ...], dim: Dims, keepdim: bool) -> tuple[int, ...]:
    """The shape after a reduction over `dim`."""
    dims = reduced_dims(dim, len(shape))
    kept = ((1 if each in dims else length) for each, length in enumerate(shape) if keepdim or each not in dims)
    return tuple(kept)


def reduced_size(shape: tuple[int, ...], dim: Dims) -> int:
    """How many elements each result of a reduction over `dim` is made of."""
    return math.prod(shape[each] for each in reduced_dims(dim, len(shape)))


def wide(kind: dtype) -> Any:
    """The NumPy type in which results of this type are added up: float32 for float16, whose sums would stop at 2048."""
    return (float32 if kind is float16 else kind).numpy


def restored(reduced: Any, shape: tuple[int, ...], dim: Dims) -> Any:
    """A reduction's result with its lost dimensions back as 1, so that it broadcasts with the input."""
    return reduced.reshape(reduced_shape(shape, dim, True))


def _spread(g: Any, shape_of_input: tuple[int, ...], dim: Dims) -> Any:
    return restored(g, shape_of_input, dim).expand(shape_of_input)


def _sum_shape(input: Spec, dim: Dims, keepdim: bool, dtype: dtype | None) -> Spec:
    return Spec(reduced_shape(input.shape, dim, keepdim), dtype or to_accumulator(input.dtype))


@op(shape=_sum_shape, types="keep", rows=True, complex="holomorphic")
def sum(input: Array, dim: Dims = None, keepdim: bool = False, dtype: dtype | None = None) -> Any:
    """The sum over `dim`, of everything by default; integers add up in int64 (torch.sum)."""
    kind = dtype or to_accumulator(as_dtype(input.dtype))
    terms = input if dtype is None else input.astype(dtype.numpy, copy=False)
    total = terms.sum(axis=reduced_dims(dim, input.ndim), keepdims=keepdim, dtype=wide(kind))
    return total.astype(kind.numpy, copy=False)


sum.gradient(input=_spread)
sum.fast(cpu=kernels.sum)


@sum.onto_output
def _sum_onto(output: Any, input: Any, dim: Dims, keepdim: bool, dtype: dtype | None) -> None:
    if dtype is None and input.dtype == output.dtype and input.dtype.itemsize > 2:
        np.add.reduce(input, axis=reduced_dims(dim, input.ndim), keepdims=keepdim, out=output)
    else:
        output[...] = sum.reference(input, dim, keepdim, dtype)


def sum_to_size(input: Any, shape: tuple[int, ...]) -> Any:
    """The sum over the dimensions along which `shape` would be expanded to the input's (torch.Tensor.sum_to_size)."""
    extra = len(input.shape) - len(shape)
    dims = tuple(range(extra)) + tuple(
        position + extra for position, length in enumerate(shape) if length == 1 and input.shape[position + extra] != 1
    )
    return on_its_own(sum(input, dims, True).reshape(shape)) if dims else input


def _mean_dtype(given: dtype, asked: dtype | None) -> dtype:
    kind = asked or given
    if not kind.is_differentiable:
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {kind}; convert it or pass dtype="
        )
    return kind


def _mean_shape(input: Spec, dim: Dims, keepdim: bool, dtype: dtype | None) -> Spec:
    return Spec(reduced_shape(input.shape, dim, keepdim), _mean_dtype(input.dtype, dtype))


@op(shape=_mean_shape, types="keep", rows=True, complex="holomorphic")
def mean(input: Array, dim: Dims = None, keepdim: bool = False, dtype: dtype | None = None) -> Any:
    """The mean over `dim`, of everything by default; NaN of nothing; raises RuntimeError for integers (torch.mean)."""
    kind = _mean_dtype(as_dtype(input.dtype), dtype)
    total = input.sum(axis=reduced_dims(dim, input.ndim), keepdims=keepdim, dtype=wide(kind))
    return (total / reduced_size(input.shape, dim)).astype(kind.numpy, copy=False)


mean.gradient(input=lambda g, shape_of_input, dim: _spread(g / reduced_size(shape_of_input, dim), shape_of_input, dim))
mean.fast(cpu=kernels.mean)


@op(shape=_sum_shape, types="keep", rows=True)
def prod(input: Array, dim: Dims = None, keepdim: bool = False, dtype: dtype | None = None) -> Any:
    """The product over `dim`, of everything by default; integers multiply in int64 (torch.prod)."""
    kind = dtype or to_accumulator(as_dtype(input.dtype))
    factors = input if dtype is None else input.astype(dtype.numpy, copy=False)
    product = factors.prod(axis=reduced_dims(dim, input.ndim), keepdims=keepdim, dtype=wide(kind))
    return product.astype(kind.numpy, copy=False)


def _product_by_halves(input: Any, dim: Dims, keepdim: bool, dtype: dtype | None) -> Any:
    """The product by multiplying halves with each other: its gradient is right where elements are zero."""
    shape = input.shape
    dims = reduced_dims(dim, len(shape))
    others = tuple(each for each in range(len(shape)) if each not in dims)
    factors = input if dtype is None else input.to(dtype)
    factors = factors.permute(*others, *dims).reshape(*(shape[each] for each in others), reduced_size(shape, dims))
    product = 1 + factors.narrow(-1, 0, 0).sum(-1)
    while (length := factors.shape[-1]) > 0:
        half = length // 2
        if length % 2:
            product = product * factors.select(-1, length - 1)
        factors = factors.narrow(-1, 0, half) * factors.narrow(-1, half, half)
    return product.reshape(reduced_shape(shape, dims, keepdim) if dims else shape)


prod.gradient_from(_product_by_halves)


def _floating_shape(input: Spec, dim: Dims, keepdim: bool) -> Spec:
    return Spec(reduced_shape(input.shape, dim, keepdim), input.dtype)


@op(shape=_floating_shape, types="floating", rows=True)
def logsumexp(input: Array, dim: Dims, keepdim: bool = False) -> Any:
    """log(Σ exp(input)) over `dim`, shifted so that nothing overflows; -inf of nothing (torch.logsumexp)."""
    dims = reduced_dims(dim, input.ndim)
    values = widened(input)
    if not reduced_size(input.shape, dim):
        return xp(input).full(reduced_shape(input.shape, dim, keepdim), -math.inf, input.dtype)
    highest = values.max(axis=dims, keepdims=True)
    highest = xp(input).where(xp(input).isfinite(highest), highest, 0)
    total = xp(input).log(xp(input).exp(values - highest).sum(axis=dims, keepdims=True)) + highest
    return narrowed(total.reshape(reduced_shape(input.shape, dim, keepdim)), input)


logsumexp.gradient(
    input=lambda g, input, y, dim: restored(g, input.shape, dim) * (input - restored(y, input.shape, dim)).exp()
)


def trace(input: Any) -> Any:
    """The sum of a matrix's diagonal; raises RuntimeError for other ranks (torch.trace)."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}: shape {list(input.shape)}")
    refuse_bool("trace", input.dtype)
    return sum(diagonal(input))


def nansum(input: Any, dim: Dims = None, keepdim: bool = False, dtype: dtype | None = None) -> Any:
    """The sum of what is not NaN (torch.nansum)."""
    return sum(input.masked_fill(input.isnan(), 0) if input.dtype.is_floating_point else input, dim, keepdim, dtype)


def nanmean(input: Any, dim: Dims = None, keepdim: bool = False, dtype: dtype | None = None) -> Any:
    """The mean of what is not NaN; raises RuntimeError for integers (torch.nanmean)."""
    _mean_dtype(input.dtype, None)
    return nansum(input, dim, keepdim, dtype) / (input == input).sum(dim, keepdim)


def _truth_shape(input: Spec, dim: Dims, keepdim: bool) -> Spec:
    return Spec(reduced_shape(input.shape, dim, keepdim), uint8 if input.dtype is uint8 else bool_)


@op(shape=_truth_shape, types="keep", differentiable=False, rows=True)
def any(input: Array, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether any element is not zero; of uint8 a uint8 (torch.any)."""
    found = input.any(axis=reduced_dims(dim, input.ndim), keepdims=keepdim)
    return found.astype("uint8" if input.dtype == "uint8" else "bool")


@op(shape=_truth_shape, types="keep", differentiable=False, rows=True)
def all(input: Array, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether no element is zero; of uint8 a uint8 (torch.all)."""
    found = input.all(axis=reduced_dims(dim, input.ndim), keepdims=keepdim)
    return found.astype("uint8" if input.dtype == "uint8" else "bool")


@op(
    shape=lambda input, dim: Spec(reduced_shape(input.shape, dim, False), int64),
    types="keep",
    differentiable=False,
    rows=True,
)
def count_nonzero(input: Array, dim: Dims = None) -> Any:
    """How many elements are not zero (torch.count_nonzero)."""
    return (input != 0).sum(axis=reduced_dims(dim, input.ndim), dtype="int64")
