"""Convolution of arrays by matrix products: columns of what the kernel sees, a tile that stays in cache at a time.

A tile is some images, or some rows of one image's result. Its columns are [groups, channels · kernel, positions].
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.backend.namespace import xp
from engine.ops.signals.sliding import padded, places, reach, seen_from

Shape = tuple[int, ...]

# Columns of this many bytes are multiplied before they leave the second-level cache.
TILE_BYTES = 1 << 20


class Geometry(NamedTuple):
    """How a kernel moves over the last dimensions; `counts` are the lengths of the result."""

    kernel_size: Shape
    counts: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int

    def padded_lengths(self, lengths: Shape) -> Shape:
        """The lengths with padding, long enough for all windows."""
        return tuple(
            max(length + 2 * pad, (count - 1) * step + reach(kernel, spread))
            for length, pad, count, step, kernel, spread in zip(
                lengths, self.padding, self.counts, self.stride, self.kernel_size, self.dilation, strict=True
            )
        )

    def around(self, input: Any) -> Any:
        """The input with its padding."""
        lengths = input.shape[-len(self.counts) :]
        after = tuple(
            total - length - pad
            for total, length, pad in zip(self.padded_lengths(lengths), lengths, self.padding, strict=True)
        )
        return padded(input, self.padding, after)

    @property
    def pointwise(self) -> bool:
        """Whether each position sees itself alone."""
        return not any(self.padding) and {*self.kernel_size, *self.stride} == {1}


class Tile(NamedTuple):
    """Some images of a batch, and some rows (positions along the first of the last dimensions) of their results."""

    images: slice
    rows: slice


def convolve(input: Any, weight: Any, bias: Any, shape: Geometry) -> Any:
    """[N, C, *lengths] with [O, C / groups, *kernel]: what the kernel sees, weighted and summed, [N, O, *counts]."""
    matrices = _by_group(weight, shape.groups)
    offsets = None if bias is None else bias.reshape(shape.groups, -1, 1)
    if shape.pointwise:
        pixels = input.reshape(len(input), shape.groups, matrices.shape[2], math.prod(shape.counts))
        result = matrices @ pixels
        if offsets is not None:
            result += offsets
        return result.reshape(len(input), len(weight), *shape.counts)
    result = xp(input).empty((len(input), len(weight), *shape.counts), input.dtype)
    target = _channels_first(result, shape.groups)
    windows = _windows(input, shape)
    for tile in _tiles(len(input), shape, matrices.shape[2] * shape.groups * input.itemsize):
        product = matrices @ _columns(windows, tile, shape)
        if offsets is not None:
            product += offsets
        part = target[:, :, tile.images, tile.rows]
        part[...] = product.reshape(part.shape)
    return result


def convolve_back(gradient: Any, weight: Any, lengths: Shape, shape: Geometry) -> Any:
    """The adjoint in the input: [N, O, *counts] with [O, C / groups, *kernel], spread over [N, C, *lengths]."""
    matrices = _by_group(weight, shape.groups).transpose(0, 2, 1)
    channels = weight.shape[1] * shape.groups
    source = _channels_first(gradient, shape.groups)
    if shape.pointwise and lengths == shape.counts:
        pixels = gradient.reshape(len(gradient), shape.groups, matrices.shape[2], math.prod(shape.counts))
        return (matrices @ pixels).reshape(len(gradient), channels, *lengths)
    around = xp(gradient).zeros((len(gradient), channels, *shape.padded_lengths(lengths)), gradient.dtype)
    target = _channels_first(around, shape.groups)
    for tile in _tiles(len(gradient), shape, matrices.shape[1] * shape.groups * gradient.itemsize):
        part = source[:, :, tile.images, tile.rows]
        columns = (matrices @ _in_one_row(part)).reshape(*target.shape[:2], *shape.kernel_size, *part.shape[2:])
        firsts = (tile.rows.start, *[0] * (len(lengths) - 1))
        for place in places(shape.kernel_size):
            seen = seen_from(place, shape.stride, shape.dilation, part.shape[3:], firsts)
            target[:, :, tile.images][seen] += columns[(slice(None), slice(None), *place)]
    return around[(..., *(slice(pad, pad + length) for pad, length in zip(shape.padding, lengths, strict=True)))]


def convolve_weights(input: Any, gradient: Any, shape: Geometry) -> Any:
    """The adjoint in the weight: [N, C, *lengths] with [N, O, *counts], summed to [O, C / groups, *kernel]."""
    source = _channels_first(gradient, shape.groups)
    channels = input.shape[1] // shape.groups
    seen = channels * math.prod(shape.kernel_size)
    total = xp(input).zeros((shape.groups, source.shape[1], seen), input.dtype)
    windows = _windows(input, shape)
    for tile in _tiles(len(input), shape, seen * shape.groups * input.itemsize):
        part = source[:, :, tile.images, tile.rows]
        total += _in_one_row(part) @ _columns(windows, tile, shape).transpose(0, 2, 1)
    return total.reshape(gradient.shape[1], channels, *shape.kernel_size)


def _by_group(weight: Any, groups: int) -> Any:
    """The weight as one matrix a group: [groups, outputs, channels · kernel]."""
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


def _channels_first(array: Any, groups: int) -> Any:
    """[N, C, *lengths] seen as [groups, C / groups, N, *lengths]."""
    split = array.reshape(len(array), groups, array.shape[1] // groups, *array.shape[2:])
    return split.transpose(1, 2, 0, *range(3, split.ndim))


def _in_one_row(part: Any) -> Any:
    """All positions of all images in one dimension: [groups, channels, positions]."""
    return part.reshape(*part.shape[:2], math.prod(part.shape[2:]))


def _windows(input: Any, shape: Geometry) -> Any:
    """What the kernel sees, a view: [groups, C / groups, *kernel, N, *counts]."""
    source = _channels_first(shape.around(input), shape.groups)
    along = source.strides[3:]
    return xp(input).lib.stride_tricks.as_strided(
        source,
        (*source.shape[:2], *shape.kernel_size, source.shape[2], *shape.counts),
        (
            *source.strides[:2],
            *(stride * spread for stride, spread in zip(along, shape.dilation, strict=True)),
            source.strides[2],
            *(stride * step for stride, step in zip(along, shape.stride, strict=True)),
        ),
    )


def _columns(windows: Any, tile: Tile, shape: Geometry) -> Any:
    """A copy of a tile's part of the windows, as one matrix a group."""
    batch = 2 + len(shape.kernel_size)
    part = windows[(slice(None),) * batch + (tile.images, tile.rows)]
    return part.reshape(shape.groups, math.prod(part.shape[1:batch]), math.prod(part.shape[batch:]))


def _tiles(batch: int, shape: Geometry, bytes_of_a_position: int) -> Iterator[Tile]:
    """Cut a batch into tiles whose columns take TILE_BYTES at most, at least one row of one image each."""
    rows, *rest = shape.counts
    fitting = max(1, TILE_BYTES // max(1, bytes_of_a_position * math.prod(rest)))
    images = max(1, fitting // max(1, rows))
    fewer = min(rows, fitting)
    for first in range(0, batch, images):
        for row in range(0, rows, max(1, fewer)):
            yield Tile(slice(first, min(batch, first + images)), slice(row, min(rows, row + fewer)))
