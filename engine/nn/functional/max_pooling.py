"""Max pooling: the largest element of windows, and where it is."""

from __future__ import annotations

from typing import Any

from engine.ops.signals.pooling import max_pool
from engine.ops.signals.sliding import each_dim, kernel_and_stride


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
    kernel, steps = kernel_and_stride(kernel_size, stride, rank)
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
