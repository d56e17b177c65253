"""Average pooling: the mean of windows that slide over the last dimensions, one dimension after the other."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.kernels.cpu import average_pooling as kernels
from engine.ops.indices.indexing import spec_of
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_bool
from engine.ops.signals.pooling import pooled_lengths

Shape = tuple[int, ...]


def _pooled_shape(
    input: Spec,
    kernel_size: Shape,
    stride: Shape,
    padding: Shape,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Spec:
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero, got divisor_override=0")
    lengths = pooled_lengths(input.shape, kernel_size, stride, padding, (1,) * len(kernel_size), ceil_mode)
    return Spec((*input.shape[: -len(lengths)], *lengths), input.dtype)


@op(shape=_pooled_shape, types="keep", rows=True)
def avg_pool(
    input: Array,
    kernel_size: Shape,
    stride: Shape,
    padding: Shape,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    """The mean of each window over the last dimensions, of which the kernel has as many.

    The padding's zeros count as elements if `count_include_pad`; `divisor_override` divides instead of their number.
    """
    shape = _pooled_shape(
        spec_of(input), kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    ).shape
    total = widened(input)
    for axis, (kernel, step, pad) in enumerate(zip(kernel_size, stride, padding, strict=True), -len(kernel_size)):
        total = _sums(total, axis, shape[axis], kernel, step, pad)
    lengths = input.shape[-len(kernel_size) :]
    for divisor in _divisors(total, lengths, kernel_size, stride, padding, count_include_pad, divisor_override):
        total = _divided(total, divisor)
    return narrowed(total, input)


@op(shape=lambda input, lengths, *window: Spec((*input.shape[: -len(lengths)], *lengths), input.dtype), types="keep")
def avg_pool_backward(
    input: Array,
    lengths: Shape,
    kernel_size: Shape,
    stride: Shape,
    padding: Shape,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    """Each mean's share spread over its window: the adjoint of `avg_pool`, whose input had these last lengths."""
    total = widened(input)
    for divisor in _divisors(total, lengths, kernel_size, stride, padding, count_include_pad, divisor_override):
        total = total / divisor
    for axis, (length, kernel, step, pad) in enumerate(
        zip(lengths, kernel_size, stride, padding, strict=True), -len(lengths)
    ):
        total = _spread(total, axis, length, kernel, step, pad)
    return narrowed(total, input)


def _seen(count: int, length: int, place: int, step: int, pad: int) -> tuple[slice, slice]:
    """Which windows have an element of the input at this place, and which elements these are."""
    first = place - pad
    start = max(0, -(first // step))
    stop = min(count, (length - 1 - first) // step + 1)
    begin = start * step + first
    return slice(start, max(start, stop)), slice(begin, begin + max(0, stop - start) * step, step)


def _along(axis: int, chosen: slice) -> Any:
    return (..., chosen, *[slice(None)] * (-axis - 1))


def _sums(array: Any, axis: int, count: int, kernel: int, step: int, pad: int) -> Any:
    shape = list(array.shape)
    length, shape[axis] = shape[axis], count
    result = xp(array).zeros(shape, array.dtype)
    for place in range(kernel):
        windows, elements = _seen(count, length, place, step, pad)
        result[_along(axis, windows)] += array[_along(axis, elements)]
    return result


def _spread(array: Any, axis: int, length: int, kernel: int, step: int, pad: int) -> Any:
    shape = list(array.shape)
    count, shape[axis] = shape[axis], length
    result = xp(array).zeros(shape, array.dtype)
    for place in range(kernel):
        windows, elements = _seen(count, length, place, step, pad)
        result[_along(axis, elements)] += array[_along(axis, windows)]
    return result


def _divisors(
    sums: Any,
    lengths: Shape,
    kernel_size: Shape,
    stride: Shape,
    padding: Shape,
    count_include_pad: bool,
    divisor_override: int | None,
) -> list[Any]:
    """What to divide the windows' sums by: how many elements each window has along each dimension."""
    if divisor_override is not None:
        return [divisor_override]
    namespace, divisors = xp(sums), []
    for axis, (length, kernel, step, pad) in enumerate(
        zip(lengths, kernel_size, stride, padding, strict=True), -len(lengths)
    ):
        starts = namespace.arange(sums.shape[axis]) * step - pad
        ends = namespace.minimum(starts + kernel, length + pad)
        if not count_include_pad:
            starts, ends = namespace.maximum(starts, 0), namespace.minimum(ends, length)
        divisors.append((ends - starts).astype(sums.dtype).reshape(-1, *[1] * (-axis - 1)))
    return divisors


def _divided(total: Any, divisor: Any) -> Any:
    """The quotient; of integers towards zero."""
    if total.dtype.kind == "f":
        return total / divisor
    namespace = xp(total)
    return namespace.sign(total) * namespace.sign(divisor) * (namespace.abs(total) // namespace.abs(divisor))


def _gradient(
    g: Any,
    shape_of_input: Shape,
    kernel_size: Shape,
    stride: Shape,
    padding: Shape,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    lengths = shape_of_input[-len(kernel_size) :]
    return avg_pool_backward(g, lengths, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


avg_pool.gradient(input=_gradient)
avg_pool.refuse(refuse_bool)
avg_pool.fast(cpu=kernels.avg_pool)
avg_pool_backward.gradient(
    input=lambda g, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool(
        g, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
)
avg_pool_backward.fast(cpu=kernels.avg_pool_backward)
