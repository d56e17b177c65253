"""Convolution layers over one to three dimensions."""

from __future__ import annotations

import math
from typing import Any

from engine.creation import empty
from engine.nn.functional.convolution import PADDINGS, conv1d, conv2d, conv3d
from engine.nn.init import calculate_fans, kaiming_uniform_, uniform_
from engine.nn.layers.sizes import Sizes, each
from engine.nn.module import Module
from engine.nn.parameter import Parameter
from engine.ops.layouts.padding import pad

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class ConvolutionBase(Module):
    """What convolutions share: settings, a weight and a bias that start uniform in ±1/√(inputs of one output)."""

    rank = 0
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Sizes | str,
        output_padding: Sizes,
        dilation: Sizes,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = each(kernel_size, self.rank)
        self.stride = each(stride, self.rank)
        self.padding = padding if isinstance(padding, str) else each(padding, self.rank)
        self.dilation = each(dilation, self.rank)
        self.output_padding = each(output_padding, self.rank)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check()
        inner, outer = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (inner, outer // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _check(self) -> None:
        if self.groups <= 0:
            raise ValueError(f"groups must be a positive integer, got {self.groups}")
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % self.groups:
                raise ValueError(f"{name} must be divisible by groups: {getattr(self, name)} by {self.groups}")
        if isinstance(self.padding, str):
            if self.padding not in PADDINGS:
                raise ValueError(f"Invalid padding string {self.padding!r}, should be one of {', '.join(PADDINGS)}")
            if self.padding == "same" and any(step != 1 for step in self.stride):
                raise ValueError(f"padding='same' is not supported for strided convolutions, got stride={self.stride}")
        if self.padding_mode not in PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {', '.join(PADDING_MODES)}, but got {self.padding_mode!r}")

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            inputs, _ = calculate_fans(self.weight)
            if inputs:
                uniform_(self.bias, -1 / math.sqrt(inputs), 1 / math.sqrt(inputs))

    def extra_repr(self) -> str:
        nothing = (0,) * self.rank
        settings = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        for name, usual in (
            ("padding", nothing),
            ("dilation", (1,) * self.rank),
            ("output_padding", nothing),
            ("groups", 1),
        ):
            if getattr(self, name) != usual:
                settings.append(f"{name}={getattr(self, name)}")
        if self.bias is None:
            settings.append("bias=False")
        if self.padding_mode != "zeros":
            settings.append(f"padding_mode={self.padding_mode}")
        return ", ".join(settings)


class Convolution(ConvolutionBase):
    """y[o] = bias[o] + Σ over channels and places of the kernel: weight[o] times what the kernel sees.

    [N, C, *lengths] or [C, *lengths] gives out_channels with (length + 2 padding - reach) / stride + 1 places, reach =
    dilation (kernel - 1) + 1. The weight is [out_channels, in_channels / groups, *kernel]. `padding` is a number,
    `valid` or `same`; `padding_mode` says what it is made of: zeros, reflect, replicate or circular.
    """

    function: Any = None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            0,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Any) -> Any:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = pad(input, self._edges(), mode=self.padding_mode), (0,) * self.rank
        convolve = type(self).function
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _edges(self) -> tuple[int, ...]:
        """What to add before and after each dimension, the last one first."""
        if self.padding == "same":
            needed = [spread * (size - 1) for spread, size in zip(self.dilation, self.kernel_size, strict=True)]
            before_and_after = [(total // 2, total - total // 2) for total in needed]
        else:
            numbers = (0,) * self.rank if self.padding == "valid" else self.padding
            before_and_after = [(number, number) for number in numbers]
        return tuple(number for pair in reversed(before_and_after) for number in pair)


class Conv1d(Convolution):
    """Convolution of [N, C, L] (torch.nn.Conv1d)."""

    rank = 1
    function = staticmethod(conv1d)


class Conv2d(Convolution):
    """Convolution of [N, C, H, W] (torch.nn.Conv2d)."""

    rank = 2
    function = staticmethod(conv2d)


class Conv3d(Convolution):
    """Convolution of [N, C, D, H, W] (torch.nn.Conv3d)."""

    rank = 3
    function = staticmethod(conv3d)
