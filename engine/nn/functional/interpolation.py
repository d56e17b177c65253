"""Interpolation: images and signals with more or fewer pixels."""

from __future__ import annotations

import warnings
from typing import Any

from engine.nn.functional.adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from engine.ops.signals.resampling import resample

# The kernel of each mode, and how many dimensions the input must have for it.
KERNELS = {
    "nearest": ("nearest", (3, 4, 5)),
    "nearest-exact": ("nearest-exact", (3, 4, 5)),
    "area": ("mean", (3, 4, 5)),
    "linear": ("linear", (3,)),
    "bilinear": ("linear", (4,)),
    "trilinear": ("linear", (5,)),
    "bicubic": ("cubic", (4,)),
    "lanczos": ("lanczos", (4,)),
}
ALIGNABLE = ("linear", "bilinear", "trilinear", "bicubic", "lanczos")
SMOOTH = ("bilinear", "bicubic", "lanczos")


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """[N, C, *lengths] with other lengths: `size`, or the lengths times `scale_factor`.

    `align_corners` maps corner pixels onto each other, not the corners' outer edges; `antialias` widens the kernel when
    there are fewer pixels. Raises ValueError for arguments that do not go together, NotImplementedError for a mode
    that is not for this rank.
    """
    _check_mode(mode, align_corners, antialias, input)
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError("lanczos mode needs antialias=True and does not support align_corners=True")
    lengths, scales = _lengths(input, size, scale_factor, recompute_scale_factor)
    kernel, ranks = KERNELS[mode]
    if input.ndim not in ranks:
        needed = " or ".join(f"{rank}D" for rank in ranks)
        raise NotImplementedError(f"Got {input.ndim}D input {list(input.shape)}, but {mode} mode needs {needed} input")
    if min((*input.shape[1:], *lengths)) < 1:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {list(input.shape)} and output {lengths}"
        )
    if kernel == "mean":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[input.ndim - 3](input, lengths)
    kernel = f"smooth {kernel}" if antialias else kernel
    if not kernel.startswith("nearest") and not input.dtype.is_floating_point:
        raise NotImplementedError(f"{mode} interpolation is not implemented for {input.dtype}; convert with .to(dtype)")
    result = input
    for dim, (length, scale) in enumerate(zip(lengths, scales, strict=True), 2):
        result = resample(result, dim, length, kernel, bool(align_corners), scale)
    return result


def _check_mode(mode: str, align_corners: bool | None, antialias: bool, input: Any) -> None:
    if mode not in KERNELS:
        raise NotImplementedError(f"there is no interpolation mode {mode!r}; there are {', '.join(KERNELS)}")
    if mode not in ALIGNABLE and align_corners is not None:
        raise ValueError(
            f"align_corners option can only be set with the interpolating modes {', '.join(ALIGNABLE)}, not {mode}"
        )
    if antialias and (mode not in SMOOTH or input.ndim != 4):
        raise ValueError(
            f"Anti-alias option is restricted to {', '.join(SMOOTH)} modes and requires a 4-D tensor as input, got "
            f"{mode} and shape {list(input.shape)}"
        )


def _lengths(
    input: Any, size: Any, scale_factor: Any, recompute_scale_factor: bool | None
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The result's lengths, and how many places an element has along each where that is not their ratio."""
    rank = input.ndim - 2
    if (size is None) == (scale_factor is None):
        raise ValueError(f"exactly one of size and scale_factor should be defined, got {size} and {scale_factor}")
    given = scale_factor if size is None else size
    values = tuple(given) if isinstance(given, tuple | list) else (given,) * rank
    if len(values) != rank:
        raise ValueError(
            "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {list(input.shape[2:])} and {'scale_factor' if size is None else 'output size'} {given}"
        )
    if size is not None:
        if recompute_scale_factor:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        if not all(isinstance(each, int) for each in values):
            raise TypeError(f"expected size to be one of int or tuple of ints, but got {size}")
        return values, (None,) * rank
    lengths = tuple(int(length * scale) for length, scale in zip(input.shape[2:], values, strict=True))
    return lengths, (None,) * rank if recompute_scale_factor else tuple(float(each) for each in values)


def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    """The older name of interpolate; warns."""
    _warn("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """An older name of interpolate by the nearest pixel; warns."""
    _warn("upsample_nearest")
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """An older name of bilinear interpolate with align_corners=True; warns."""
    _warn("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", True)


def _warn(name: str) -> None:
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)
