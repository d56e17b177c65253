"""Convolution, its adjoint (transposed convolution) and its gradient in the weight: each the others' derivative."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.kernels.cpu import convolution as cpu
from engine.kernels.cpu import convolution_matrices, convolution_weights, convolution_weights_channels, winograd
from engine.ops.indices.indexing import spec_of
from engine.ops.precision import narrowed, widened
from engine.ops.signals import column_tiles, depthwise
from engine.ops.signals.column_tiles import Geometry
from engine.ops.signals.convolution_refusals import (
    check_bias,
    check_channels,
    check_numbers,
    check_output_padding,
    check_reach,
    check_weight,
    refuse_mixed,
)
from engine.ops.signals.sliding import reach, window_count

Shape = tuple[int, ...]


def _convolution_shape(
    input: Spec, weight: Spec, bias: Spec | None, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Spec:
    check_numbers(stride, padding, dilation, groups)
    check_weight(input, weight, groups)
    check_channels(input, weight, weight.shape[1] * groups, f"groups={groups}")
    check_bias(weight, bias, weight.shape[0])
    check_reach(input.shape[2:], weight.shape[2:], padding, dilation)
    counts = map(window_count, input.shape[2:], weight.shape[2:], stride, padding, dilation)
    return Spec((input.shape[0], weight.shape[0], *counts), input.dtype)


def _room(channels_of_a_group: int, groups: int) -> Any:
    """The arrays' functions: one channel a group is a sum over the kernel's places, others are matrix products."""
    return depthwise if channels_of_a_group == 1 and groups > 1 else column_tiles


@op(shape=_convolution_shape, types="keep", rows=True)
def convolution(
    input: Array, weight: Array, bias: Array | None, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    """[N, C, *lengths] with [O, C / groups, *kernel]: [N, O, *counts], each output what the kernel sees times weights.

    y[n, o, i] = bias[o] + Σ weight[o, c, k] · input[n, c, i · stride - padding + k · dilation], zero outside; output o
    sees the channels c of its group alone. Raises RuntimeError that names shapes which do not fit.
    """
    offset = None if bias is None else spec_of(bias)
    spec = _convolution_shape(spec_of(input), spec_of(weight), offset, stride, padding, dilation, groups)
    shape = Geometry(weight.shape[2:], spec.shape[2:], stride, padding, dilation, groups)
    room = _room(weight.shape[1], groups)
    added = None if bias is None else widened(bias)
    return narrowed(room.convolve(widened(input), widened(weight), added, shape), input)


def _transposed_lengths(
    counts: Shape, kernel_size: Shape, stride: Shape, padding: Shape, output_padding: Shape, dilation: Shape
) -> Shape:
    return tuple(
        (count - 1) * step - 2 * pad + reach(kernel, spread) + extra
        for count, kernel, step, pad, extra, spread in zip(
            counts, kernel_size, stride, padding, output_padding, dilation, strict=True
        )
    )


def _transposed_shape(
    input: Spec,
    weight: Spec,
    bias: Spec | None,
    stride: Shape,
    padding: Shape,
    output_padding: Shape,
    dilation: Shape,
    groups: int,
) -> Spec:
    check_numbers(stride, padding, dilation, groups)
    check_output_padding(output_padding, stride, dilation)
    check_weight(input, weight, groups)
    check_channels(input, weight, weight.shape[0], "transposed=True")
    channels = weight.shape[1] * groups
    check_bias(weight, bias, channels)
    lengths = _transposed_lengths(input.shape[2:], weight.shape[2:], stride, padding, output_padding, dilation)
    if min(lengths) < 0:
        raise RuntimeError(
            f"Given input size per channel: {list(input.shape[2:])}. Calculated output size per channel: "
            f"{list(lengths)}. Output size is too small"
        )
    return Spec((input.shape[0], channels, *lengths), input.dtype)


@op(shape=_transposed_shape, types="keep", rows=True)
def transposed_convolution(
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: Shape,
    padding: Shape,
    output_padding: Shape,
    dilation: Shape,
    groups: int,
) -> Any:
    """[N, O, *counts] with [O, C / groups, *kernel]: [N, C, *lengths], the adjoint of `convolution` in its input.

    Each input is spread over what the kernel would see from its place; `output_padding` says how many elements at the
    end no window reached. Raises RuntimeError that names shapes which do not fit.
    """
    offset = None if bias is None else spec_of(bias)
    spec = _transposed_shape(spec_of(input), spec_of(weight), offset, stride, padding, output_padding, dilation, groups)
    shape = Geometry(weight.shape[2:], input.shape[2:], stride, padding, dilation, groups)
    result = _room(weight.shape[1], groups).convolve_back(widened(input), widened(weight), spec.shape[2:], shape)
    if bias is not None:
        result += widened(bias).reshape(-1, *[1] * len(stride))
    return narrowed(result, input)


def _weight_gradient_shape(
    input: Spec, gradient: Spec, kernel_size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Spec:
    return Spec((gradient.shape[1], input.shape[1] // groups, *kernel_size), input.dtype)


@op(shape=_weight_gradient_shape, types="keep", rows=True)
def convolution_weight_gradient(
    input: Array, gradient: Array, kernel_size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    """[N, C, *lengths] with [N, O, *counts]: [O, C / groups, *kernel], the adjoint of `convolution` in its weight."""
    shape = Geometry(kernel_size, gradient.shape[2:], stride, padding, dilation, groups)
    room = _room(input.shape[1] // groups, groups)
    return narrowed(room.convolve_weights(widened(input), widened(gradient), shape), input)


def _left_over(lengths: Shape, counts: Shape, kernel_size: Shape, *steps: Shape) -> Shape:
    """How many elements at the end of an input no window reached."""
    stride, padding, dilation = steps
    reached = _transposed_lengths(counts, kernel_size, stride, padding, (0,) * len(counts), dilation)
    return tuple(length - each for length, each in zip(lengths, reached, strict=True))


def _back(
    gradient: Any, weight: Any, shape_of_input: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> Any:
    """The gradient of a convolution in its input."""
    kernel_size = weight.shape[2:]
    extra = _left_over(shape_of_input[2:], gradient.shape[2:], kernel_size, stride, padding, dilation)
    return transposed_convolution(gradient, weight, None, stride, padding, extra, dilation, groups)


def _bias_gradient(g: Any) -> Any:
    return g.sum((0, *range(2, g.ndim)))


convolution.gradient(
    input=lambda g, weight, shape_of_input, stride, padding, dilation, groups: _back(
        g, weight, shape_of_input, stride, padding, dilation, groups
    ),
    weight=lambda g, input, shape_of_weight, stride, padding, dilation, groups: convolution_weight_gradient(
        input, g, shape_of_weight[2:], stride, padding, dilation, groups
    ),
    bias=_bias_gradient,
)
convolution.refuse(refuse_mixed)
convolution.fast(cpu=(convolution_matrices.convolution, winograd.convolution, cpu.convolution))


def _forth(input: Any, weight: Any, counts: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int) -> Any:
    """The convolution at its first `counts` positions: what a transposed one left over may hold one more window."""
    result = convolution(input, weight, None, stride, padding, dilation, groups)
    for dim, count in enumerate(counts, 2):
        if result.shape[dim] != count:
            result = result.narrow(dim, 0, count)
    return result


transposed_convolution.gradient(
    input=lambda g, weight, shape_of_input, stride, padding, dilation, groups: _forth(
        g, weight, shape_of_input[2:], stride, padding, dilation, groups
    ),
    weight=lambda g, input, shape_of_weight, stride, padding, dilation, groups: convolution_weight_gradient(
        g, input, shape_of_weight[2:], stride, padding, dilation, groups
    ),
    bias=_bias_gradient,
)
transposed_convolution.refuse(refuse_mixed)
transposed_convolution.fast(
    cpu=(
        convolution_matrices.transposed_convolution,
        winograd.transposed_convolution,
        cpu.transposed_convolution,
    )
)


convolution_weight_gradient.gradient(
    input=lambda g, gradient, shape_of_input, stride, padding, dilation, groups: _back(
        gradient, g, shape_of_input, stride, padding, dilation, groups
    ),
    gradient=lambda g, input, shape_of_gradient, stride, padding, dilation, groups: _forth(
        input, g, shape_of_gradient[2:], stride, padding, dilation, groups
    ),
)
convolution_weight_gradient.refuse(refuse_mixed)
convolution_weight_gradient.fast(
    cpu=(
        convolution_matrices.convolution_weight_gradient,
        convolution_weights_channels.convolution_weight_gradient,
        convolution_weights.convolution_weight_gradient,
    )
)
