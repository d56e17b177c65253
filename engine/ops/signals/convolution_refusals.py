"""Convolutions that make no sense, refused in PyTorch's words."""

from __future__ import annotations

from engine.autograd.spec import Spec
from engine.backend.dtype import dtype
from engine.ops.refusals import refuse_bool
from engine.ops.signals.sliding import reach

Shape = tuple[int, ...]


def refuse_mixed(name: str, compute: dtype | None, first: dtype, weight: dtype, bias: dtype | None = None) -> None:
    """Raise RuntimeError for inputs of two types, of which PyTorch promotes none; NotImplementedError for bools."""
    for what, given in (("weight", weight), ("bias", bias)):
        if given not in (None, first):
            raise RuntimeError(
                f"{name}: Input type ({first}) and {what} type ({given}) should be the same; convert with .to(dtype)"
            )
    refuse_bool(name, first)


def check_numbers(stride: Shape, padding: Shape, dilation: Shape, groups: int) -> None:
    """Raise RuntimeError for strides, paddings, dilations and groups that count nothing."""
    if min(stride) <= 0:
        raise RuntimeError(f"non-positive stride is not supported, got {stride}")
    if min(padding) < 0:
        raise RuntimeError(f"negative padding is not supported, got {padding}")
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, got {dilation}")
    if groups <= 0:
        raise RuntimeError(f"non-positive groups is not supported, got {groups}")


def check_weight(input: Spec, weight: Spec, groups: int) -> None:
    """Raise RuntimeError for a weight whose rank is not the input's or whose first dimension no groups divide."""
    shape = list(weight.shape)
    if weight.ndim < 3:
        raise RuntimeError(f"weight should have at least three dimensions, got {shape}")
    if weight.ndim != input.ndim:
        raise RuntimeError(
            f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight {shape}, but got "
            f"{input.ndim}-dimensional input of size {list(input.shape)} instead"
        )
    if shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{shape} instead"
        )
    if shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size {shape} instead"
        )


def check_channels(input: Spec, weight: Spec, expected: int, given: str) -> None:
    """Raise RuntimeError for an input of other channels than the weight takes."""
    if input.shape[1] != expected:
        raise RuntimeError(
            f"Given {given}, weight of size {list(weight.shape)}, expected input{list(input.shape)} to have {expected} "
            f"channels, but got {input.shape[1]} channels instead"
        )


def check_bias(weight: Spec, bias: Spec | None, channels: int) -> None:
    """Raise RuntimeError for a bias that has not one number for each channel of the result."""
    if bias is not None and bias.shape != (channels,):
        raise RuntimeError(
            f"Given weight of size {list(weight.shape)}, expected bias to be 1-dimensional with {channels} elements, "
            f"but got bias of size {list(bias.shape)} instead"
        )


def check_reach(lengths: Shape, kernel_size: Shape, padding: Shape, dilation: Shape) -> None:
    """Raise RuntimeError for a kernel that is larger than the padded input, or that has no elements."""
    total = [length + 2 * pad for length, pad in zip(lengths, padding, strict=True)]
    spans = list(map(reach, kernel_size, dilation))
    if min(kernel_size) < 1 or any(length < span for length, span in zip(total, spans, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, total))}). "
            f"Kernel size: ({' x '.join(map(str, spans))}). Kernel size can't be greater than actual input size"
        )


def check_output_padding(output_padding: Shape, stride: Shape, dilation: Shape) -> None:
    """Raise RuntimeError for lengths that no convolution of this stride and dilation would have started from."""
    if min(output_padding) < 0:
        raise RuntimeError(f"negative output_padding is not supported, got {output_padding}")
    if any(
        extra >= step and extra >= spread for extra, step, spread in zip(output_padding, stride, dilation, strict=True)
    ):
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got output_padding={output_padding}, "
            f"stride={stride}, dilation={dilation}"
        )
