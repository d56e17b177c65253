"""Transposed convolution layers over one to three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.nn.functional.convolution import conv_transpose1d, conv_transpose2d, conv_transpose3d
from engine.nn.layers.convolution import ConvolutionBase
from engine.nn.layers.sizes import Sizes


class TransposedConvolution(ConvolutionBase):
    """The adjoint of a convolution: each input is spread over what a kernel would see from its place, times weights.

    [N, C, *lengths] or [C, *lengths] gives (length - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1
    places. The weight is [in_channels, out_channels / groups, *kernel]. `forward` takes an output_size instead of the
    output_padding; raises ValueError for one that the stride does not reach.
    """

    transposed = True
    function: Any = None

    def __init__(
        self,
        in_channels: int,
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
        if padding_mode != "zeros":
            raise ValueError(
                f'Only "zeros" padding mode is supported for {type(self).__name__}, got padding_mode={padding_mode!r}'
            )
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Any, output_size: Sequence[int] | None = None) -> Any:
        extra = self.output_padding if output_size is None else self._left_over(input, tuple(output_size))
        spread = type(self).function
        return spread(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _left_over(self, input: Any, output_size: tuple[int, ...]) -> tuple[int, ...]:
        """The output_padding that gives this size."""
        leading = input.ndim - self.rank
        wanted = output_size[leading:] if len(output_size) == input.ndim else output_size
        if len(wanted) != self.rank:
            raise ValueError(
                f"{type(self).__name__}: for {input.ndim}D input, output_size must have {self.rank} or {input.ndim} "
                f"elements (got {len(output_size)})"
            )
        least = [
            (length - 1) * step - 2 * pad + spread * (size - 1) + 1
            for length, step, pad, spread, size in zip(
                input.shape[leading:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True
            )
        ]
        most = [length + step - 1 for length, step in zip(least, self.stride, strict=True)]
        if any(not low <= length <= high for low, length, high in zip(least, wanted, most, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} (for an input of "
                f"{list(input.shape[leading:])})"
            )
        return tuple(length - low for length, low in zip(wanted, least, strict=True))


class ConvTranspose1d(TransposedConvolution):
    """Transposed convolution of [N, C, L] (torch.nn.ConvTranspose1d)."""

    rank = 1
    function = staticmethod(conv_transpose1d)


class ConvTranspose2d(TransposedConvolution):
    """Transposed convolution of [N, C, H, W] (torch.nn.ConvTranspose2d)."""

    rank = 2
    function = staticmethod(conv_transpose2d)


class ConvTranspose3d(TransposedConvolution):
    """Transposed convolution of [N, C, D, H, W] (torch.nn.ConvTranspose3d)."""

    rank = 3
    function = staticmethod(conv_transpose3d)
