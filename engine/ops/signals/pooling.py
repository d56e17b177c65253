"""Max pooling: the largest element of windows over the last dimensions, and where it is."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype, int64
from engine.backend.namespace import xp
from engine.kernels.cpu import pooling as kernels
from engine.ops.indices.picking import Selected, place_along
from engine.ops.refusals import refuse_bool
from engine.ops.signals.sliding import ScatteredWindows, Windows, places, reach, window_count

Shape = tuple[int, ...]


def pooled_lengths(
    shape: Shape, kernel_size: Shape, stride: Shape, padding: Shape, dilation: Shape, ceil_mode: bool
) -> Shape:
    """How many windows fit along each of the last dimensions; raises RuntimeError for windows that make no sense."""
    rank = len(kernel_size)
    if len(shape) not in (rank + 1, rank + 2) or 0 in shape[-rank - 1 :]:
        raise RuntimeError(
            f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with optional 0 dim batch size for input, "
            f"but got: {list(shape)}"
        )
    for name, values, least in (
        ("kernel_size", kernel_size, 1),
        ("stride", stride, 1),
        ("dilation", dilation, 1),
        ("padding", padding, 0),
    ):
        if min(values) < least:
            raise RuntimeError(f"pooling: {name} should be at least {least}, got {values}")
    for kernel, pad in zip(kernel_size, padding, strict=True):
        if pad > kernel // 2:
            raise RuntimeError(f"pad should be at most half of kernel size, but got pad={pad}, kernel_size={kernel}")
    for length, step, pad, spread in zip(shape[-rank:], stride, padding, dilation, strict=True):
        if any(start % spread >= length for start in range(-pad, 0, step)):
            raise RuntimeError(
                f"a window holds nothing but padding: padding={pad} and dilation={spread} along a length of {length}"
            )
    lengths = tuple(
        window_count(*each, ceil_mode)
        for each in zip(shape[-rank:], kernel_size, stride, padding, dilation, strict=True)
    )
    if min(lengths) < 1:
        raise RuntimeError(
            f"Given input size: {list(shape)}. Calculated output size: {list(lengths)} "
            f"for windows of {list(kernel_size)}. Output size is too small"
        )
    return lengths


def largest(windows: Windows | ScatteredWindows) -> Selected:
    """The largest element of each window, of equal ones the first, and its position; NaN is larger than any number."""
    first, *rest = places(windows.kernel_size)
    values = windows.at(first).copy()
    namespace = xp(values)
    floating = as_dtype(values.dtype).is_floating_point
    indices = namespace.broadcast_to(windows.positions(first), values.shape).astype("int64")
    for place in rest:
        candidates = windows.at(place)
        better = candidates > values
        if floating:
            better |= candidates != candidates
        namespace.copyto(values, candidates, where=better)
        namespace.copyto(indices, windows.positions(place), where=better)
    return Selected(values, indices)


@op(
    shape=lambda input, indices, lengths, distinct=False: Spec((*input.shape[: -len(lengths)], *lengths), input.dtype),
    types="keep",
)
def max_pool_backward(input: Array, indices: Array, lengths: Shape, distinct: bool = False) -> Any:
    """Zeros with the last `lengths`, and each window's gradient added where its largest element was, in their order.

    `indices` are positions in those dimensions, flattened; `distinct` says that no two windows share an element.
    """
    rank, leading = len(lengths), input.shape[: -len(lengths)]
    windows = (*leading, math.prod(input.shape[-rank:]))
    spread = place_along.reference(
        input.reshape(windows), indices.reshape(windows), len(leading), math.prod(lengths), distinct
    )
    return spread.reshape(*leading, *lengths)


def _picked(g: Any, indices: Any, lengths: Shape) -> Any:
    start = -len(lengths)
    return g.flatten(start).gather(g.ndim + start, indices.flatten(start)).reshape(indices.shape)


max_pool_backward.gradient(input=_picked, indices=None)
max_pool_backward.fast(cpu=kernels.max_pool_backward)


def _max_pool_shape(
    input: Spec, kernel_size: Shape, stride: Shape, padding: Shape, dilation: Shape, ceil_mode: bool
) -> tuple[Spec, Spec]:
    lengths = pooled_lengths(input.shape, kernel_size, stride, padding, dilation, ceil_mode)
    shape = (*input.shape[: -len(lengths)], *lengths)
    return Spec(shape, input.dtype), Spec(shape, int64)


@op(shape=_max_pool_shape, types="keep", nondifferentiable=("indices",))
def max_pool(
    input: Array, kernel_size: Shape, stride: Shape, padding: Shape, dilation: Shape, ceil_mode: bool
) -> Selected:
    """The largest element of each window over the last dimensions, and where it is in them, flattened.

    The kernel has as many dimensions. The first of equal elements is taken; NaN is larger than any number.
    """
    counts = pooled_lengths(input.shape, kernel_size, stride, padding, dilation, ceil_mode)
    floating = as_dtype(input.dtype).is_floating_point
    lowest = -math.inf if floating else int(xp(input).iinfo(input.dtype).min)
    return largest(Windows(input, lowest, kernel_size, stride, padding, dilation, counts))


def _max_pool_gradient(
    g_values: Any, indices: Any, shape_of_input: Shape, kernel_size: Shape, stride: Shape, dilation: Shape
) -> Any:
    reaches = map(reach, kernel_size, dilation)
    distinct = all(step >= span for step, span in zip(stride, reaches, strict=True))
    return max_pool_backward(g_values, indices, shape_of_input[-len(kernel_size) :], distinct)


max_pool.gradient(input=_max_pool_gradient)
max_pool.refuse(refuse_bool)
max_pool.fast(cpu=kernels.max_pool)
