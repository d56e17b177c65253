"""Adaptive pooling layers: windows as large as it takes to have so many of them."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.adaptive_pooling import (
    Sizes,
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from engine.nn.module import Module


class AdaptiveAverage(Module):
    """The mean of each of output_size windows that together cover the input; None keeps a length."""

    def __init__(self, output_size: Sizes) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(AdaptiveAverage):
    """Adaptive average pooling of [N, C, L] (torch.nn.AdaptiveAvgPool1d)."""

    def forward(self, input: Any) -> Any:
        return adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(AdaptiveAverage):
    """Adaptive average pooling of [N, C, H, W] (torch.nn.AdaptiveAvgPool2d)."""

    def forward(self, input: Any) -> Any:
        return adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(AdaptiveAverage):
    """Adaptive average pooling of [N, C, D, H, W] (torch.nn.AdaptiveAvgPool3d)."""

    def forward(self, input: Any) -> Any:
        return adaptive_avg_pool3d(input, self.output_size)


class AdaptiveMaximum(Module):
    """The largest element of each of output_size windows that together cover the input; None keeps a length.

    With return_indices the positions of the largest come too.
    """

    def __init__(self, output_size: Sizes, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(AdaptiveMaximum):
    """Adaptive max pooling of [N, C, L] (torch.nn.AdaptiveMaxPool1d)."""

    def forward(self, input: Any) -> Any:
        return adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(AdaptiveMaximum):
    """Adaptive max pooling of [N, C, H, W] (torch.nn.AdaptiveMaxPool2d)."""

    def forward(self, input: Any) -> Any:
        return adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(AdaptiveMaximum):
    """Adaptive max pooling of [N, C, D, H, W] (torch.nn.AdaptiveMaxPool3d)."""

    def forward(self, input: Any) -> Any:
        return adaptive_max_pool3d(input, self.output_size, self.return_indices)
