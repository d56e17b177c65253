"""Adaptive pooling: windows as large as it takes to have so many of them over the last dimensions."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import int64
from engine.backend.namespace import xp
from engine.kernels.cpu import average_pooling as kernels
from engine.ops.indices.indexing import spec_of
from engine.ops.indices.picking import Selected
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole
from engine.ops.signals.pooling import largest, max_pool_backward
from engine.ops.signals.sliding import ScatteredWindows

Shape = tuple[int, ...]


def spans(length: int, count: int) -> list[tuple[int, int]]:
    """Where each of `count` windows over `length` elements starts and ends: they overlap by one where they must."""
    return [(place * length // count, -(-(place + 1) * length // count)) for place in range(count)]


def _pooled_shape(input: Spec, output_size: Shape) -> Spec:
    rank = len(output_size)
    if input.ndim not in (rank + 1, rank + 2) or 0 in input.shape[-rank - (input.ndim == rank + 2) :]:
        raise RuntimeError(
            f"Expected {rank + 1}D or {rank + 2}D tensor with non-zero size for non-batch dimensions, but input has "
            f"sizes {list(input.shape)}"
        )
    if min(output_size) < 0:
        raise RuntimeError(f"elements of output_size must be greater than or equal to 0 but received {output_size}")
    return Spec((*input.shape[:-rank], *output_size), input.dtype)


def _at(axis: int, chosen: Any) -> Any:
    return (..., chosen, *[slice(None)] * (-axis - 1))


@op(shape=_pooled_shape, types="keep", rows=True)
def adaptive_avg_pool(input: Array, output_size: Shape) -> Any:
    """The mean of each of `output_size` windows that cover the last dimensions."""
    _pooled_shape(spec_of(input), output_size)
    total = widened(input)
    for axis, count in enumerate(output_size, -len(output_size)):
        length = total.shape[axis]
        if count == 1:
            total = total.mean(axis=axis, keepdims=True)
        elif count != length:
            means = [total[_at(axis, slice(*span))].mean(axis=axis, keepdims=True) for span in spans(length, count)]
            total = xp(total).concatenate([total[_at(axis, slice(0, 0))], *means], axis=axis)
    return narrowed(total.copy() if total is input else total, input)


@op(
    shape=lambda input, lengths: Spec((*input.shape[: -len(lengths)], *lengths), input.dtype),
    types="keep",
    rows=True,
)
def adaptive_avg_pool_backward(input: Array, lengths: Shape) -> Any:
    """Each mean's share spread over its window: the adjoint of `adaptive_avg_pool`, whose input had these lengths."""
    total = widened(input)
    for axis, length in enumerate(lengths, -len(lengths)):
        shape = list(total.shape)
        count, shape[axis] = shape[axis], length
        spread = xp(total).zeros(shape, total.dtype)
        for place, (start, end) in enumerate(spans(length, count)):
            spread[_at(axis, slice(start, end))] += total[_at(axis, slice(place, place + 1))] / (end - start)
        total = spread
    return narrowed(total, input)


adaptive_avg_pool.gradient(
    input=lambda g, shape_of_input, output_size: adaptive_avg_pool_backward(g, shape_of_input[-len(output_size) :])
)
adaptive_avg_pool.refuse(refuse_whole)
adaptive_avg_pool.fast(cpu=kernels.adaptive_avg_pool)
adaptive_avg_pool_backward.gradient(
    input=lambda g, shape_of_input, lengths: adaptive_avg_pool(g, shape_of_input[-len(lengths) :])
)
adaptive_avg_pool_backward.fast(cpu=kernels.adaptive_avg_pool_backward)


def _largest_shape(input: Spec, output_size: Shape) -> tuple[Spec, Spec]:
    pooled = _pooled_shape(input, output_size)
    return pooled, Spec(pooled.shape, int64)


@op(shape=_largest_shape, types="keep", nondifferentiable=("indices",))
def adaptive_max_pool(input: Array, output_size: Shape) -> Selected:
    """The largest element of each of `output_size` windows that cover the last dimensions, and where it is in them."""
    shape = _pooled_shape(spec_of(input), output_size).shape
    namespace, rank = xp(input), len(output_size)
    if 0 in shape:
        return Selected(namespace.empty(shape, input.dtype), namespace.empty(shape, "int64"))
    starts, sizes, kernel = [], [], []
    for axis, count in enumerate(output_size):
        bounds = spans(input.shape[axis - rank], count)
        broadcasting = (-1, *[1] * (rank - 1 - axis))
        starts.append(namespace.asarray([start for start, _ in bounds]).reshape(broadcasting))
        sizes.append(namespace.asarray([end - start for start, end in bounds]).reshape(broadcasting))
        kernel.append(max(end - start for start, end in bounds))
    return largest(ScatteredWindows(input, starts, sizes, tuple(kernel)))


adaptive_max_pool.gradient(
    input=lambda g_values, indices, shape_of_input, output_size: max_pool_backward(
        g_values, indices, shape_of_input[-len(output_size) :]
    )
)
adaptive_max_pool.refuse(refuse_whole)
