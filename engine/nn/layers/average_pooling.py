"""Average pooling and power-average pooling layers."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.average_pooling import avg_pool1d, avg_pool2d, avg_pool3d, lp_pool1d, lp_pool2d, lp_pool3d
from engine.nn.layers.sizes import Sizes, each
from engine.nn.module import Module


class AvgPool1d(Module):
    """The mean of each window over the last dimension of [N, C, L] (torch.nn.AvgPool1d).

    The padding's zeros count as elements unless count_include_pad is False.
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, 1)
        self.stride = each(kernel_size if stride is None else stride, 1)
        self.padding = each(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        return avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AveragePooling(Module):
    """The mean of each window of kernel_size, every `stride` (the kernel's size by default).

    The padding's zeros count as elements unless count_include_pad is False; divisor_override divides instead of their
    number.
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _settings(self) -> tuple[Any, ...]:
        window = (self.kernel_size, self.stride, self.padding)
        return (*window, self.ceil_mode, self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(AveragePooling):
    """Average pooling over the last dimensions of [N, C, H, W] (torch.nn.AvgPool2d)."""

    def forward(self, input: Any) -> Any:
        return avg_pool2d(input, *self._settings())


class AvgPool3d(AveragePooling):
    """Average pooling over the last dimensions of [N, C, D, H, W] (torch.nn.AvgPool3d)."""

    def forward(self, input: Any) -> Any:
        return avg_pool3d(input, *self._settings())


class PowerAveragePooling(Module):
    """(Σ xᵖ)^(1/p) of each window, p = norm_type: the largest element for p = ∞, the sum for p = 1."""

    def __init__(
        self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def _settings(self) -> tuple[Any, ...]:
        return float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(PowerAveragePooling):
    """Power-average pooling over the last dimension of [N, C, L] (torch.nn.LPPool1d)."""

    def forward(self, input: Any) -> Any:
        return lp_pool1d(input, *self._settings())


class LPPool2d(PowerAveragePooling):
    """Power-average pooling over the last dimensions of [N, C, H, W] (torch.nn.LPPool2d)."""

    def forward(self, input: Any) -> Any:
        return lp_pool2d(input, *self._settings())


class LPPool3d(PowerAveragePooling):
    """Power-average pooling over the last dimensions of [N, C, D, H, W] (torch.nn.LPPool3d)."""

    def forward(self, input: Any) -> Any:
        return lp_pool3d(input, *self._settings())
