"""Sliding blocks as columns (unfold) and columns summed back into an image (fold): each the other's adjoint."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.ops.indices.indexing import spec_of
from engine.ops.signals.sliding import padded, places, reach, seen_from, window_count

Shape = tuple[int, ...]


def _check_numbers(name: str, kernel_size: Shape, dilation: Shape, padding: Shape, stride: Shape) -> None:
    for what, values, least in (
        ("kernel_size", kernel_size, 1),
        ("dilation", dilation, 1),
        ("padding", padding, 0),
        ("stride", stride, 1),
    ):
        if min(values) < least:
            raise RuntimeError(f"{name}: {what} should be at least {least}, but got {values}")


def _counts(lengths: Shape, kernel_size: Shape, dilation: Shape, padding: Shape, stride: Shape) -> Shape:
    return tuple(map(window_count, lengths, kernel_size, stride, padding, dilation))


def _columns_shape(input: Spec, kernel_size: Shape, dilation: Shape, padding: Shape, stride: Shape) -> Spec:
    _check_numbers("unfold", kernel_size, dilation, padding, stride)
    if input.ndim not in (3, 4) or 0 in input.shape[-3:]:
        raise RuntimeError(
            f"unfold: Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
            f"for input, but got: {list(input.shape)}"
        )
    counts = _counts(input.shape[-2:], kernel_size, dilation, padding, stride)
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size {input.shape[-2:]}, kernel_size={kernel_size}, dilation={dilation}, "
            f"padding={padding}, calculated shape of the array of sliding blocks as {counts}, but its components must "
            "be at least one."
        )
    return Spec((*input.shape[:-3], input.shape[-3] * math.prod(kernel_size), math.prod(counts)), input.dtype)


@op(shape=_columns_shape, types="keep", rows=True)
def im2col(input: Array, kernel_size: Shape, dilation: Shape, padding: Shape, stride: Shape) -> Any:
    """[N, C, H, W] or [C, H, W] as the blocks that a kernel sees: [N, C · kernel, blocks] (torch.nn.Unfold)."""
    shape = _columns_shape(spec_of(input), kernel_size, dilation, padding, stride).shape
    counts = _counts(input.shape[-2:], kernel_size, dilation, padding, stride)
    around = padded(input, padding, padding)
    columns = xp(input).empty((*input.shape[:-2], *kernel_size, *counts), input.dtype)
    for place in places(kernel_size):
        columns[(..., *place, slice(None), slice(None))] = around[seen_from(place, stride, dilation, counts)]
    return columns.reshape(shape)


def _image_shape(
    input: Spec, output_size: Shape, kernel_size: Shape, dilation: Shape, padding: Shape, stride: Shape
) -> Spec:
    _check_numbers("fold", kernel_size, dilation, padding, stride)
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError(
            "fold: Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions, "
            f"but got: {list(input.shape)}"
        )
    if min(output_size) < 1:
        raise RuntimeError(f"fold: output_size should be at least 1, but got {output_size}")
    block = math.prod(kernel_size)
    if input.shape[-2] % block:
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={input.shape[-2]} and kernel_size={kernel_size}."
        )
    counts = _counts(output_size, kernel_size, dilation, padding, stride)
    if min(counts) < 1 or math.prod(counts) != input.shape[-1]:
        raise RuntimeError(
            f"Given output_size={output_size}, kernel_size={kernel_size}, dilation={dilation}, padding={padding}, "
            f"stride={stride}, expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{' * '.join(map(str, counts))} = {math.prod(counts)}, but got input.size(2)={input.shape[-1]}."
        )
    return Spec((*input.shape[:-2], input.shape[-2] // block, *output_size), input.dtype)


@op(shape=_image_shape, types="keep", rows=True)
def col2im(input: Array, output_size: Shape, kernel_size: Shape, dilation: Shape, padding: Shape, stride: Shape) -> Any:
    """[N, C · kernel, blocks] or [C · kernel, blocks] summed where blocks overlap: [N, C, H, W] (torch.nn.Fold)."""
    shape = _image_shape(spec_of(input), output_size, kernel_size, dilation, padding, stride).shape
    counts = _counts(output_size, kernel_size, dilation, padding, stride)
    lengths = (
        max(length + 2 * pad, (count - 1) * step + reach(kernel, spread))
        for length, pad, count, step, kernel, spread in zip(
            output_size, padding, counts, stride, kernel_size, dilation, strict=True
        )
    )
    around = xp(input).zeros((*shape[:-2], *lengths), input.dtype)
    columns = input.reshape(*shape[:-2], *kernel_size, *counts)
    for place in places(kernel_size):
        around[seen_from(place, stride, dilation, counts)] += columns[(..., *place, slice(None), slice(None))]
    return around[(..., *(slice(pad, pad + length) for pad, length in zip(padding, output_size, strict=True)))]


im2col.gradient(
    input=lambda g, shape_of_input, kernel_size, dilation, padding, stride: col2im(
        g, shape_of_input[-2:], kernel_size, dilation, padding, stride
    )
)
col2im.gradient(
    input=lambda g, kernel_size, dilation, padding, stride: im2col(g, kernel_size, dilation, padding, stride)
)
