"""Convolutions and transposed convolutions over one to three dimensions."""

from __future__ import annotations

from typing import Any

from engine.ops.layouts.padding import constant_pad_nd
from engine.ops.signals.convolution import convolution, transposed_convolution
from engine.ops.signals.sliding import each_dim

Sizes = int | tuple[int, ...]
PADDINGS = ("valid", "same")


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """[N, C, L] or [C, L] with [O, C / groups, K]: what the kernel sees at each position, weighted and summed."""
    return _convolved(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """[N, C, H, W] or [C, H, W] with [O, C / groups, K, L]: what the kernel sees at each position, weighted and summed.

    `padding` is a number of zeros around, `valid` for none or `same` for an output as large as the input.
    """
    return _convolved(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """[N, C, D, H, W] or [C, D, H, W] with [O, C / groups, J, K, L]: the sum of what the kernel sees times weights."""
    return _convolved(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """[N, C, L] or [C, L] with [C, O / groups, K]: each input spread over the kernel's reach, weighted and summed."""
    return _transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """[N, C, H, W] or [C, H, W] with [C, O / groups, K, L]: each input spread over the kernel's reach.

    It is the adjoint of conv2d; `output_padding` makes the result longer at its end.
    """
    return _transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """[N, C, D, H, W] or [C, D, H, W] with [C, O / groups, J, K, L]: each input spread over the kernel's reach."""
    return _transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _convolved(
    rank: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Any:
    batch = _batched(f"conv{rank}d", input, rank)
    steps, spreads = _steps("stride", stride, rank), _steps("dilation", dilation, rank)
    if isinstance(padding, str):
        batch, pads = _padded_by_name(batch, weight, padding, steps, spreads)
    else:
        pads = _steps("padding", padding, rank)
    result = convolution(batch, weight, bias, steps, pads, spreads, groups)
    return result if batch.ndim == input.ndim else result.squeeze(0)


def _transposed(
    rank: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
) -> Any:
    batch = _batched(f"conv_transpose{rank}d", input, rank)
    steps, spreads = _steps("stride", stride, rank), _steps("dilation", dilation, rank)
    pads, extra = _steps("padding", padding, rank), _steps("output_padding", output_padding, rank)
    result = transposed_convolution(batch, weight, bias, steps, pads, extra, spreads, groups)
    return result if batch.ndim == input.ndim else result.squeeze(0)


def _batched(name: str, input: Any, rank: int) -> Any:
    if input.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, but got input of size: "
            f"{list(input.shape)}"
        )
    return input if input.ndim == rank + 2 else input.unsqueeze(0)


def _steps(name: str, given: Sizes, rank: int) -> tuple[int, ...]:
    values = each_dim(name, given, rank)
    if not all(isinstance(each, int) for each in values):
        raise TypeError(f"{name} must be whole numbers, got {given}")
    return values


def _padded_by_name(
    input: Any, weight: Any, padding: str, stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[Any, tuple[int, ...]]:
    """The input, longer at its ends where an even number of zeros is not enough, and the padding on both sides."""
    if padding not in PADDINGS:
        raise RuntimeError(f"Invalid padding string: {padding!r}; allowed are {', '.join(PADDINGS)} and numbers")
    if padding == "valid" or weight.ndim != input.ndim:
        return input, (0,) * len(stride)
    if any(step != 1 for step in stride):
        raise RuntimeError(f"padding='same' is not supported for strided convolutions, got stride={stride}")
    needed = [spread * (kernel - 1) for spread, kernel in zip(dilation, weight.shape[2:], strict=True)]
    if any(each % 2 for each in needed):
        after = [each % 2 for each in reversed(needed)]
        input = constant_pad_nd(input, tuple(number for each in after for number in (0, each)))
    return input, tuple(each // 2 for each in needed)
