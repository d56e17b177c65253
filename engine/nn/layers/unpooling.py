"""Max unpooling layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.nn.functional.unpooling import max_unpool1d, max_unpool2d, max_unpool3d
from engine.nn.layers.sizes import Sizes, each
from engine.nn.module import Module


class MaxUnpooling(Module):
    """The largest elements back at the places that max pooling found them at, zeros elsewhere.

    `forward(input, indices, output_size)`; the size chooses among the lengths that pool to the input's.
    """

    rank = 0

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, self.rank)
        self.stride = each(kernel_size if stride is None else stride, self.rank)
        self.padding = each(padding, self.rank)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(MaxUnpooling):
    """Max unpooling of [N, C, L] (torch.nn.MaxUnpool1d)."""

    rank = 1

    def forward(self, input: Any, indices: Any, output_size: Sequence[int] | None = None) -> Any:
        return max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(MaxUnpooling):
    """Max unpooling of [N, C, H, W] (torch.nn.MaxUnpool2d)."""

    rank = 2

    def forward(self, input: Any, indices: Any, output_size: Sequence[int] | None = None) -> Any:
        return max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(MaxUnpooling):
    """Max unpooling of [N, C, D, H, W] (torch.nn.MaxUnpool3d)."""

    rank = 3

    def forward(self, input: Any, indices: Any, output_size: Sequence[int] | None = None) -> Any:
        return max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)
