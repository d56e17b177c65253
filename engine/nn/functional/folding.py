"""Sliding blocks of images as columns, and back."""

from __future__ import annotations

from typing import Any

from engine.ops.signals.column import col2im, im2col
from engine.ops.signals.sliding import each_dim


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """[N, C, H, W] or [C, H, W] as the blocks that a kernel sees: [N, C · kernel, blocks]."""
    names = ("kernel_size", "dilation", "padding", "stride")
    sizes = (kernel_size, dilation, padding, stride)
    return im2col(input, *(each_dim(name, given, 2) for name, given in zip(names, sizes, strict=True)))


def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """[N, C · kernel, blocks] or [C · kernel, blocks] summed where blocks overlap: [N, C, H, W] of `output_size`."""
    names = ("output_size", "kernel_size", "dilation", "padding", "stride")
    sizes = (output_size, kernel_size, dilation, padding, stride)
    return col2im(input, *(each_dim(name, given, 2) for name, given in zip(names, sizes, strict=True)))
