"""Images sampled at the places of a grid (Jaderberg et al., "Spatial Transformer Networks", 2015)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import product
from typing import Any

from engine.creation import linspace, ones
from engine.nn.functional.grid_places import cubic_taps, linear_taps, nearest_taps
from engine.ops.indices.scattering import gather
from engine.ops.layouts.joining import stack
from engine.ops.layouts.padding import constant_pad_nd

TAPS = {"bilinear": linear_taps, "nearest": nearest_taps, "bicubic": cubic_taps}
PADDINGS = ("zeros", "border", "reflection")


def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Any:
    """[N, C, H, W] at the places [N, h, w, 2] (x, y), or [N, C, D, H, W] at [N, d, h, w, 3]: [N, C, h, w] or so.

    -1 and 1 are the outer edges of the first and last pixels, or with `align_corners` their centres. Raises
    RuntimeError that names shapes which do not fit, ValueError for a mode that there is not.
    """
    for what, given, allowed in (("mode", mode, TAPS), ("padding_mode", padding_mode, PADDINGS)):
        if given not in allowed:
            raise ValueError(f"grid_sample(): expected {what} to be one of {', '.join(allowed)}, but got: {given!r}")
    if align_corners is None:
        _warn_default()
    _check(input, grid, mode)
    return _sampled(input, grid, mode, padding_mode, bool(align_corners))


def _sampled(input: Any, grid: Any, mode: str, padding_mode: str, align_corners: bool) -> Any:
    lengths, rank = input.shape[2:], input.ndim - 2
    # Around the image lies a frame of zeros, from which all places outside are taken.
    frame = 1 if padding_mode == "zeros" else 0
    pixels = constant_pad_nd(input, (frame, frame) * rank).flatten(2)
    taps = [
        TAPS[mode](grid.select(-1, rank - 1 - axis), length, padding_mode, align_corners)
        for axis, length in enumerate(lengths)
    ]
    strides = [math.prod(length + 2 * frame for length in lengths[axis + 1 :]) for axis in range(rank)]
    batch, channels = input.shape[:2]
    total: Any = None
    for chosen in product(*taps):
        place = sum((position + frame) * stride for (position, _), stride in zip(chosen, strides, strict=True))
        index = place.reshape((batch, 1, -1)).expand((batch, channels, math.prod(grid.shape[1:-1])))
        seen = gather(pixels, 2, index)
        for _, weight in chosen:
            seen = seen if weight is None else seen * weight.reshape((batch, 1, -1))
        total = seen if total is None else total + seen
    return total.reshape((batch, channels, *grid.shape[1:-1]))


def grid_sampler_2d(input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Any:
    """Sample images, modes by number: bilinear, nearest, bicubic; zeros, border, reflection."""
    return grid_sample(input, grid, tuple(TAPS)[interpolation_mode], PADDINGS[padding_mode], align_corners)


def grid_sampler_3d(input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Any:
    """Sample volumes, modes by number: bilinear, nearest; zeros, border, reflection."""
    return grid_sample(input, grid, tuple(TAPS)[interpolation_mode], PADDINGS[padding_mode], align_corners)


def _check(input: Any, grid: Any, mode: str) -> None:
    shapes = f"input {list(input.shape)} and grid {list(grid.shape)}"
    if input.dtype is not grid.dtype:
        raise RuntimeError(f"grid_sampler(): expected input and grid of one dtype, got {input.dtype} and {grid.dtype}")
    if input.ndim not in (4, 5) or input.ndim != grid.ndim:
        raise RuntimeError(
            f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got {shapes}"
        )
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, but got {shapes}")
    if grid.shape[-1] != input.ndim - 2:
        raise RuntimeError(f"grid_sampler(): expected grid to have size {input.ndim - 2} in last dimension: {shapes}")
    if 0 in input.shape[2:]:
        raise RuntimeError(f"grid_sampler(): expected input to have non-empty spatial dimensions, but got {shapes}")
    if mode == "bicubic" and input.ndim != 4:
        raise RuntimeError(f"grid_sampler(): bicubic interpolation only supports 4D input, but got {shapes}")


def affine_grid(theta: Any, size: Sequence[int], align_corners: bool | None = None) -> Any:
    """The places [N, H, W, 2] or [N, D, H, W, 3] that the affine maps [N, 2, 3] or [N, 3, 4] take pixels to.

    `size` is the shape [N, C, H, W] or [N, C, D, H, W] of the image to be sampled. Raises ValueError for others.
    """
    if align_corners is None:
        _warn_default()
    if not theta.dtype.is_floating_point:
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    batch, _, *lengths = _checked_size(theta, tuple(size))
    rank = len(lengths)
    if align_corners and min(lengths) == 1:
        warnings.warn("affine_grid with align_corners=True takes a length of 1 to lie at 0", stacklevel=2)
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    axes = []
    for axis, length in reversed(list(enumerate(lengths))):
        along = _centres(length, bool(align_corners), theta)
        axes.append(along.reshape((-1, *[1] * (rank - 1 - axis))).expand(tuple(lengths)))
    axes.append(ones(tuple(lengths), dtype=theta.dtype, device=theta.device))
    base = stack(axes, -1).reshape((1, -1, rank + 1)).expand((batch, math.prod(lengths), rank + 1))
    return (base @ theta.transpose(1, 2)).reshape((batch, *lengths, rank))


def _checked_size(theta: Any, size: tuple[int, ...]) -> tuple[int, ...]:
    if len(size) not in (4, 5):
        raise NotImplementedError(f"affine_grid only supports 4D and 5D sizes, got size {size}")
    rank = len(size) - 2
    if theta.ndim != 3 or theta.shape[-2:] != (rank, rank + 1):
        raise ValueError(
            f"Expected a batch of {rank}D affine matrices of shape Nx{rank}x{rank + 1} for size {size}. "
            f"Got {list(theta.shape)}."
        )
    return size


def _centres(length: int, align_corners: bool, like: Any) -> Any:
    """Where the centres of pixels lie between -1 and 1."""
    if length <= 1:
        return like.new_zeros((length,))
    places = linspace(-1, 1, length, dtype=like.dtype, device=like.device)
    return places if align_corners else places * ((length - 1) / length)


def _warn_default() -> None:
    warnings.warn(
        "grid_sample and affine_grid take align_corners=False unless told otherwise. Please specify it.", stacklevel=3
    )
