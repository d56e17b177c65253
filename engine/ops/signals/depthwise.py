"""Depthwise convolution of arrays, one channel a group: a sum over the kernel's places, without columns."""

from __future__ import annotations

from typing import Any

from engine.backend.namespace import xp
from engine.ops.signals.column_tiles import Geometry
from engine.ops.signals.sliding import places, seen_from

Shape = tuple[int, ...]

# Images are taken in turn, as many as together have this many bytes, so that they stay in cache over all places.
TILE_BYTES = 1 << 20


def convolve(input: Any, weight: Any, bias: Any, shape: Geometry) -> Any:
    """[N, C, *lengths] with [O, 1, *kernel]: [N, O, *counts]."""
    around, weights = shape.around(input), _multiplied(weight, shape.groups)
    result = xp(input).zeros((len(input), len(weight), *shape.counts), input.dtype)
    if bias is not None:
        result += bias.reshape(-1, *[1] * len(shape.counts))
    target = _multiplied_channels(result, shape.groups)
    for images in _images(around):
        for place in places(shape.kernel_size):
            target[images] += weights[place] * _seen(around[images], place, shape)[:, :, None]
    return result


def convolve_back(gradient: Any, weight: Any, lengths: Shape, shape: Geometry) -> Any:
    """The adjoint in the input: [N, O, *counts] with [O, 1, *kernel], spread over [N, C, *lengths]."""
    source, weights = _multiplied_channels(gradient, shape.groups), _multiplied(weight, shape.groups)
    around = xp(gradient).zeros((len(gradient), shape.groups, *shape.padded_lengths(lengths)), gradient.dtype)
    for images in _images(around):
        for place in places(shape.kernel_size):
            part = _seen(around[images], place, shape)
            part += (weights[place] * source[images]).sum(2)
    return around[(..., *(slice(pad, pad + length) for pad, length in zip(shape.padding, lengths, strict=True)))]


def convolve_weights(input: Any, gradient: Any, shape: Geometry) -> Any:
    """The adjoint in the weight: [N, C, *lengths] with [N, O, *counts], summed to [O, 1, *kernel]."""
    around, source = shape.around(input), _multiplied_channels(gradient, shape.groups)
    everywhere = (0, *range(3, source.ndim))
    total = xp(input).zeros((*source.shape[1:3], *shape.kernel_size), input.dtype)
    for images in _images(around):
        for place in places(shape.kernel_size):
            seen = _seen(around[images], place, shape)[:, :, None]
            total[(..., *place)] += (seen * source[images]).sum(everywhere)
    return total.reshape(gradient.shape[1], 1, *shape.kernel_size)


def _seen(around: Any, place: Shape, shape: Geometry) -> Any:
    """What all windows have at one place, as a view: [N, C, *counts]."""
    return around[seen_from(place, shape.stride, shape.dilation, shape.counts)]


def _multiplied_channels(array: Any, groups: int) -> Any:
    """[N, O, *counts] seen as [N, groups, O / groups, *counts]."""
    return array.reshape(len(array), groups, array.shape[1] // groups, *array.shape[2:])


def _multiplied(weight: Any, groups: int) -> Any:
    """The weight by places: [*kernel, groups, O / groups, 1, ...], which broadcasts over positions."""
    rank = weight.ndim - 2
    split = weight.reshape(groups, len(weight) // groups, *weight.shape[2:], *[1] * rank)
    return split.transpose(*range(2, 2 + rank), 0, 1, *range(2 + rank, 2 + 2 * rank))


def _images(around: Any) -> list[slice]:
    """The batch in parts of TILE_BYTES, at least one image each."""
    fitting = max(1, TILE_BYTES // max(1, around[:1].nbytes))
    return [slice(first, first + fitting) for first in range(0, len(around), fitting)]
