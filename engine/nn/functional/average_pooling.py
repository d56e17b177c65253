"""Average pooling and power-average pooling: means of windows."""

from __future__ import annotations

import math
from typing import Any

from engine.ops.signals.average_pooling import avg_pool
from engine.ops.signals.pooling import max_pool
from engine.ops.signals.sliding import each_dim, kernel_and_stride


def _averaged(
    rank: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> Any:
    kernel, steps = kernel_and_stride(kernel_size, stride, rank)
    pads = each_dim("padding", padding, rank)
    return avg_pool(input, kernel, steps, pads, ceil_mode, count_include_pad, divisor_override)


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of windows over the last dimension (torch.nn.functional.avg_pool1d)."""
    return _averaged(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of windows over the last two dimensions (torch.nn.functional.avg_pool2d)."""
    return _averaged(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of windows over the last three dimensions (torch.nn.functional.avg_pool3d)."""
    return _averaged(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool1d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """(Σ xᵖ)^(1/p) of windows over the last dimension (torch.nn.functional.lp_pool1d)."""
    return _power_averaged(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """(Σ xᵖ)^(1/p) of windows over the last two dimensions (torch.nn.functional.lp_pool2d)."""
    return _power_averaged(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """(Σ xᵖ)^(1/p) of windows over the last three dimensions (torch.nn.functional.lp_pool3d)."""
    return _power_averaged(3, input, norm_type, kernel_size, stride, ceil_mode)


def _power_averaged(rank: int, input: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    """What a cut window misses is made up for, as its mean times the kernel's size; a sum below 0 keeps its sign."""
    kernel, steps = kernel_and_stride(kernel_size, stride, rank)
    none, ones = (0,) * rank, (1,) * rank
    if math.isinf(norm_type):
        sign = math.copysign(1, norm_type)
        return sign * max_pool(sign * input.abs(), kernel, steps, none, ones, ceil_mode).values
    mean = avg_pool(input**norm_type, kernel, steps, none, ceil_mode, True, None)
    return (mean.sign() * mean.abs() * math.prod(kernel)) ** (1 / norm_type)
