"""Pooling: the largest element or the mean of windows that slide over the last dimensions."""

from __future__ import annotations

import itertools
import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype, int64
from engine.backend.namespace import xp
from engine.ops.picking import Selected, place_along
from engine.ops.refusals import refuse_bool

Shape = tuple[int, ...]


def each_dim(name: str, given: Any, rank: int) -> Shape:
    """One number for all dimensions, or one for each; raises RuntimeError for another count."""
    values = tuple(given) if isinstance(given, tuple | list) else (given,) * rank
    values = values * rank if len(values) == 1 else values
    if len(values) != rank:
        raise RuntimeError(f"{name} must either be a single int, or a tuple of {rank} ints, got {given}")
    return values


def _pooled_length(length: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    reach = dilation * (kernel - 1) + 1
    free = length + 2 * padding - reach
    count = (-(-free // stride) if ceil_mode else free // stride) + 1
    if ceil_mode and (count - 1) * stride >= length + padding:
        count -= 1
    return count


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
        _pooled_length(*each, ceil_mode)
        for each in zip(shape[-rank:], kernel_size, stride, padding, dilation, strict=True)
    )
    if min(lengths) < 1:
        raise RuntimeError(
            f"Given input size: {list(shape)}. Calculated output size: {list(lengths)} "
            f"for windows of {list(kernel_size)}. Output size is too small"
        )
    return lengths


class Windows:
    """Windows over an array: for each place in a window, the elements that all windows have there."""

    def __init__(
        self, input: Any, fill: float, kernel_size: Shape, stride: Shape, padding: Shape, dilation: Shape, counts: Shape
    ) -> None:
        self.lengths = input.shape[-len(counts) :]
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self.counts = counts
        needed = (
            (count - 1) * step + spread * (kernel - 1) + 1
            for count, step, spread, kernel in zip(counts, stride, dilation, kernel_size, strict=True)
        )
        before_and_after = [
            (pad, max(0, need - length - pad)) for pad, need, length in zip(padding, needed, self.lengths, strict=True)
        ]
        self.padded = input
        if any(map(any, before_and_after)):
            edges = [(0, 0)] * (input.ndim - len(counts)) + before_and_after
            self.padded = xp(input).pad(input, edges, constant_values=fill)

    def places(self) -> Any:
        """All places in a window, row by row."""
        return itertools.product(*map(range, self.kernel_size))

    def at(self, place: Shape) -> Any:
        """The elements at one place of all windows."""
        slices = (
            slice(spread * each, spread * each + (count - 1) * step + 1, step)
            for each, spread, count, step in zip(place, self.dilation, self.counts, self.stride, strict=True)
        )
        return self.padded[(..., *slices)]

    def positions(self, place: Shape, namespace: Any) -> Any:
        """Where those elements lie in the flattened last dimensions of the input."""
        total: Any = 0
        for axis, each in enumerate(place):
            first = self.dilation[axis] * each - self.padding[axis]
            along = first + self.stride[axis] * namespace.arange(self.counts[axis])
            if each == 0 and first < 0:
                along = namespace.where(along < 0, along % self.dilation[axis], along)
            trailing = (1,) * (len(place) - 1 - axis)
            total = total + (along * math.prod(self.lengths[axis + 1 :])).reshape(-1, *trailing)
        return total


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
    namespace = xp(input)
    floating = as_dtype(input.dtype).is_floating_point
    lowest = -math.inf if floating else int(namespace.iinfo(input.dtype).min)
    windows = Windows(input, lowest, kernel_size, stride, padding, dilation, counts)
    first, *rest = windows.places()
    values = windows.at(first).copy()
    indices = namespace.broadcast_to(windows.positions(first, namespace), values.shape).astype("int64")
    for place in rest:
        candidates = windows.at(place)
        better = candidates > values
        if floating:
            better |= candidates != candidates
        namespace.copyto(values, candidates, where=better)
        namespace.copyto(indices, windows.positions(place, namespace), where=better)
    return Selected(values, indices)


def _max_pool_gradient(
    g_values: Any, indices: Any, shape_of_input: Shape, kernel_size: Shape, stride: Shape, dilation: Shape
) -> Any:
    start = -len(kernel_size)
    reaches = (spread * (kernel - 1) + 1 for kernel, spread in zip(kernel_size, dilation, strict=True))
    distinct = all(step >= reach for step, reach in zip(stride, reaches, strict=True))
    plane = math.prod(shape_of_input[start:])
    g, positions = g_values.flatten(start), indices.flatten(start)
    return place_along(g, positions, g.ndim - 1, plane, distinct).reshape(shape_of_input)


max_pool.gradient(input=_max_pool_gradient)
max_pool.refuse(refuse_bool)


def _max_pooled(
    rank: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    kernel = each_dim("kernel_size", kernel_size, rank)
    steps = each_dim("stride", kernel if stride is None else stride, rank)
    pads, spreads = each_dim("padding", padding, rank), each_dim("dilation", dilation, rank)
    selected = max_pool(input, kernel, steps, pads, spreads, ceil_mode)
    return selected if return_indices else selected.values


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of windows over the last dimension (torch.nn.functional.max_pool1d)."""
    return _max_pooled(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of windows over the last two dimensions (torch.nn.functional.max_pool2d)."""
    return _max_pooled(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of windows over the last three dimensions (torch.nn.functional.max_pool3d)."""
    return _max_pooled(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)
