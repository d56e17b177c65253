"""Running sums and products."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import to_accumulator
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype, dtype
from engine.ops.dimensions import wrap_dim
from engine.ops.joining import cat
from engine.ops.picking import along
from engine.ops.reduction import wide


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
