"""Max pooling."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.max_pooling import max_pool1d, max_pool2d, max_pool3d
from engine.nn.module import Module

Sizes = int | tuple[int, ...]


class MaxPool(Module):
    """The largest element of each window of kernel_size, every `stride` (the kernel's size by default).

    `padding` adds that many -∞ on both sides, `dilation` spaces the window's elements; with return_indices the
    positions of the largest come too.
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def _settings(self) -> tuple[Any, ...]:
        return self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(MaxPool):
    """Max pooling over the last dimension of [N, C, L] (torch.nn.MaxPool1d)."""

    def forward(self, input: Any) -> Any:
        return max_pool1d(input, *self._settings())


class MaxPool2d(MaxPool):
    """Max pooling over the last dimensions of [N, C, H, W] (torch.nn.MaxPool2d)."""

    def forward(self, input: Any) -> Any:
        return max_pool2d(input, *self._settings())


class MaxPool3d(MaxPool):
    """Max pooling over the last dimensions of [N, C, D, H, W] (torch.nn.MaxPool3d)."""

    def forward(self, input: Any) -> Any:
        return max_pool3d(input, *self._settings())
