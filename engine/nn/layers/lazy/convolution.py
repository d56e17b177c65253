"""Convolutions, plain and transposed, of as many channels as their first input has."""

from __future__ import annotations

from typing import Any

from engine.nn.layers.convolution import Conv1d, Conv2d, Conv3d, Convolution, ConvolutionBase
from engine.nn.layers.sizes import Sizes
from engine.nn.layers.transposed import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, TransposedConvolution
from engine.nn.module.lazy import LazyModuleMixin
from engine.nn.parameter import UninitializedParameter


class LazyConvolutionBase(LazyModuleMixin, ConvolutionBase):
    """A convolution whose in_channels is that of the first input; raises ValueError if groups do not divide it."""

    weight: Any
    bias: Any

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Take in_channels from the input."""
        fresh = self.has_uninitialized_params()
        self.in_channels = self._channels_of(input)
        if not fresh:
            return
        self._check()
        inner, outer = self.out_channels, self.in_channels
        if self.transposed:
            inner, outer = outer, inner
        self.weight.materialize((inner, outer // self.groups, *self.kernel_size))
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()

    def _await(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        """Put parameters without shapes in place of those of no channels."""
        self.out_channels = out_channels
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def _channels_of(self, input: Any) -> int:
        alone = self.rank + 1
        if input.ndim not in (alone, alone + 1):
            raise RuntimeError(
                f"Expected {alone}D (unbatched) or {alone + 1}D (batched) input to {type(self).__name__}, but got "
                f"input of size: {list(input.shape)}"
            )
        return input.shape[0 if input.ndim == alone else 1]


class LazyConvolution(LazyConvolutionBase, Convolution):
    """A convolution told everything but its in_channels."""

    def __init__(
        self,
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
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._await(out_channels, bias, device, dtype)


class LazyTransposedConvolution(LazyConvolutionBase, TransposedConvolution):
    """A transposed convolution told everything but its in_channels."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            0,
            0,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            False,
            dilation,
            padding_mode,
            device,
            dtype,
        )
        self._await(out_channels, bias, device, dtype)


class LazyConv1d(LazyConvolution, Conv1d):
    """A Conv1d of as many channels as the first input has (torch.nn.LazyConv1d)."""

    cls_to_become = Conv1d


class LazyConv2d(LazyConvolution, Conv2d):
    """A Conv2d of as many channels as the first input has (torch.nn.LazyConv2d)."""

    cls_to_become = Conv2d


class LazyConv3d(LazyConvolution, Conv3d):
    """A Conv3d of as many channels as the first input has (torch.nn.LazyConv3d)."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(LazyTransposedConvolution, ConvTranspose1d):
    """A ConvTranspose1d of as many channels as the first input has (torch.nn.LazyConvTranspose1d)."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(LazyTransposedConvolution, ConvTranspose2d):
    """A ConvTranspose2d of as many channels as the first input has (torch.nn.LazyConvTranspose2d)."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(LazyTransposedConvolution, ConvTranspose3d):
    """A ConvTranspose3d of as many channels as the first input has (torch.nn.LazyConvTranspose3d)."""

    cls_to_become = ConvTranspose3d
