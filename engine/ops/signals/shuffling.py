"""Channels traded for pixels, and channels in another order."""

from __future__ import annotations

from typing import Any

from engine.ops.layouts.layout import permute, reshape


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """[..., C · r², H, W] as [..., C, H · r, W · r]; raises RuntimeError for other shapes (torch.pixel_shuffle)."""
    _check_rank("pixel_shuffle", input, upscale_factor, "upscale_factor")
    *leading, channels, height, width = input.shape
    if channels % upscale_factor**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {upscale_factor**2}"
        )
    parts = reshape(input, (*leading, channels // upscale_factor**2, upscale_factor, upscale_factor, height, width))
    rank = len(leading)
    order = (*range(rank), rank, rank + 3, rank + 1, rank + 4, rank + 2)
    shape = (*leading, channels // upscale_factor**2, height * upscale_factor, width * upscale_factor)
    return reshape(permute(parts, order), shape)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """[..., C, H · r, W · r] as [..., C · r², H, W]; raises RuntimeError for other shapes (torch.pixel_unshuffle)."""
    _check_rank("pixel_unshuffle", input, downscale_factor, "downscale_factor")
    *leading, channels, height, width = input.shape
    for name, length in (("height", height), ("width", width)):
        if length % downscale_factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but {length} is not divisible "
                f"by {downscale_factor}"
            )
    rows, columns = height // downscale_factor, width // downscale_factor
    parts = reshape(input, (*leading, channels, rows, downscale_factor, columns, downscale_factor))
    rank = len(leading)
    order = (*range(rank), rank, rank + 2, rank + 4, rank + 1, rank + 3)
    return reshape(permute(parts, order), (*leading, channels * downscale_factor**2, rows, columns))


def channel_shuffle(input: Any, groups: int) -> Any:
    """[N, C, ...] with the first channels of all groups, then the second ones, and so on (torch.channel_shuffle)."""
    if input.ndim <= 2:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    batch, channels, *lengths = input.shape
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )
    parts = reshape(input, (batch, groups, channels // groups, *lengths))
    return reshape(permute(parts, (0, 2, 1, *range(3, parts.ndim))), input.shape)


def _check_rank(name: str, input: Any, factor: int, what: str) -> None:
    if input.ndim < 3:
        raise RuntimeError(f"{name} expects input to have at least 3 dimensions, but got input with {input.ndim} ones")
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {what}, but got {factor}")
