"""Running sums, products, extremes and logarithms of sums."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import to_accumulator
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype, dtype, int64
from engine.backend.namespace import on_host, xp
from engine.ops.dimensions import wrap_dim
from engine.ops.elementwise.selection import where
from engine.ops.indices.picking import LargestSoFar, SmallestSoFar, along, place_along
from engine.ops.layouts.joining import cat
from engine.ops.precision import narrowed
from engine.ops.reductions.reduction import wide
from engine.ops.refusals import refuse_whole


def _running_shape(input: Spec, dim: int, dtype: dtype | None) -> Spec:
    wrap_dim(dim, input.ndim)
    return Spec(input.shape, dtype or to_accumulator(input.dtype))


def _run(name: str, input: Any, dim: int, dtype: dtype | None) -> Any:
    kind = dtype or to_accumulator(as_dtype(input.dtype))
    array, axis = along(input if dtype is None else input.astype(dtype.numpy, copy=False), dim)
    return getattr(array, name)(axis=axis, dtype=wide(kind)).astype(kind.numpy, copy=False).reshape(input.shape)


@op(shape=_running_shape, types="keep", rows=True)
def cumsum(input: Array, dim: int, dtype: dtype | None = None) -> Any:
    """y_i = x_0 + ... + x_i along `dim`; integers add up in int64 (torch.cumsum)."""
    return _run("cumsum", input, dim, dtype)


cumsum.gradient(input=lambda g, dim: g.flip(dim).cumsum(dim).flip(dim) if g.ndim else g)


@op(shape=_running_shape, types="keep", rows=True)
def cumprod(input: Array, dim: int, dtype: dtype | None = None) -> Any:
    """y_i = x_0 ... x_i along `dim`; integers multiply in int64 (torch.cumprod)."""
    return _run("cumprod", input, dim, dtype)


def _product_by_doubling(input: Any, dim: int, dtype: dtype | None) -> Any:
    """Running products by steps of 1, 2, 4, ...: their gradient is right where elements are zero."""
    products = input if dtype is None else input.to(dtype)
    length = input.shape[dim] if input.ndim else 1
    step = 1
    while step < length:
        later = products.narrow(dim, step, length - step) * products.narrow(dim, 0, length - step)
        products = cat((products.narrow(dim, 0, step), later), dim)
        step *= 2
    return products


cumprod.gradient_from(_product_by_doubling)


def accumulated(combine: Callable[..., Any], array: Any, axis: int) -> Any:
    """What `combine` makes of all elements up to each; on a GPU in steps of 1, 2, 4, ..., where NumPy accumulates."""
    if on_host(array):
        return combine.accumulate(array, axis=axis)  # type: ignore[attr-defined]
    space = xp(array)
    result = space.moveaxis(array, axis, 0)
    step = 1
    while step < len(result):
        result = space.concatenate((result[:step], combine(result[step:], result[:-step])))
        step *= 2
    return space.moveaxis(result, 0, axis)


def _extreme_shape(input: Spec, dim: int) -> tuple[Spec, Spec]:
    wrap_dim(dim, input.ndim)
    return input, Spec(input.shape, int64)


def _run_extreme(name: str, input: Any, dim: int) -> tuple[Any, Any]:
    array, axis = along(input, dim)
    space = xp(array)
    values = accumulated(getattr(space, name), array, axis)
    last = space.moveaxis(array, axis, -1)
    reached = (last == space.moveaxis(values, axis, -1)) | (last != last)
    places = space.where(reached, space.arange(last.shape[-1]), 0)
    indices = space.moveaxis(accumulated(space.maximum, places, -1), -1, axis)
    return values.reshape(input.shape), indices.reshape(input.shape)


@op(shape=_extreme_shape, types="keep", nondifferentiable=("indices",))
def cummax(input: Array, dim: int) -> LargestSoFar:
    """The largest so far along `dim`, and where the last of them is; a NaN stays (torch.cummax)."""
    return LargestSoFar(*_run_extreme("maximum", input, dim))


@op(shape=_extreme_shape, types="keep", nondifferentiable=("indices",))
def cummin(input: Array, dim: int) -> SmallestSoFar:
    """The smallest so far along `dim`, and where the last of them is; a NaN stays (torch.cummin)."""
    return SmallestSoFar(*_run_extreme("minimum", input, dim))


def _to_the_chosen(g_values: Any, indices: Any, shape_of_input: tuple[int, ...], dim: int) -> Any:
    axis = wrap_dim(dim, len(shape_of_input))
    return place_along(g_values, indices, axis, shape_of_input[axis] if shape_of_input else 1, False)


cummax.gradient(input=_to_the_chosen)
cummin.gradient(input=_to_the_chosen)


def _same_shape(input: Spec, dim: int) -> Spec:
    wrap_dim(dim, input.ndim)
    return input


@op(shape=_same_shape, types="keep", rows=True)
def logcumsumexp(input: Array, dim: int) -> Any:
    """y_i = log(exp x_0 + ... + exp x_i) along `dim`, so that nothing overflows (torch.logcumsumexp)."""
    # In float64, as PyTorch does: what is lost beside large logarithms, an exponential would blow up.
    array, axis = along(input.astype("float64", copy=False), dim)
    return narrowed(accumulated(xp(array).logaddexp, array, axis), input).reshape(input.shape)


def _logcumsumexp_gradient(g: Any, input: Any, y: Any, dim: int) -> Any:
    """exp(x_i) Σ_{j>=i} g_j exp(-y_j), in logarithms, apart for what g has of either sign."""
    if not g.ndim:
        return g

    def share(part: Any) -> Any:
        present = part > 0
        logarithms = where(present, where(present, part, 1).log() - y, -math.inf)
        return (logcumsumexp(logarithms.flip(dim), dim).flip(dim) + input).exp()

    return share(g) - share(-g)


logcumsumexp.gradient(input=_logcumsumexp_gradient)
logcumsumexp.refuse(refuse_whole)
