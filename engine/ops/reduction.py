"""Reductions: fewer elements out than in."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import to_accumulator
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype

Dims = int | tuple[int, ...] | None


def reduced_shape(shape: tuple[int, ...], dim: Dims, keepdim: bool) -> tuple[int, ...]:
    """The shape after a reduction over `dim`; None reduces everything."""
    dims = range(len(shape)) if dim is None else [each % max(len(shape), 1) for each in ((dim,) if isinstance(dim, int) else dim)]
    return tuple(1 if position in dims else length for position, length in enumerate(shape) if keepdim or position not in dims)


def _sum_shape(input: Spec, dim: Dims, keepdim: bool) -> Spec:
    return Spec(reduced_shape(input.shape, dim, keepdim), to_accumulator(input.dtype))


@op(shape=_sum_shape, types="keep")
def sum(input: Array, dim: Dims = None, keepdim: bool = False) -> Any:
    """The sum over `dim`, of everything by default; integers add up in int64 (torch.sum)."""
    return input.sum(axis=dim, keepdims=keepdim, dtype=to_accumulator(as_dtype(input.dtype)).numpy)


def _spread(g: Any, shape_of_input: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    return g.reshape(reduced_shape(shape_of_input, dim, True)).expand(shape_of_input)


sum.gradient(input=_spread)


def sum_to_size(input: Any, shape: tuple[int, ...]) -> Any:
    """The sum over the dimensions along which `shape` would be expanded to the input's (torch.Tensor.sum_to_size)."""
    extra = len(input.shape) - len(shape)
    dims = tuple(range(extra)) + tuple(
        position + extra for position, length in enumerate(shape) if length == 1 and input.shape[position + extra] != 1
    )
    return sum(input, dims, True).reshape(shape) if dims else input
