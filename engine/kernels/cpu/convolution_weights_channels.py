"""Kernels of a convolution's gradient in its weight where there are channels to fill the lanes of vectors."""

from __future__ import annotations

from typing import Any

from engine.kernels.cpu.channel_sums import add_in_parallel
from engine.kernels.cpu.channel_sums_plan import ChannelPlan, ChannelSizes, channel_plan, worth
from engine.kernels.cpu.image_layout import in_two_dimensions, is_single, lies_at, on_two_dimensions
from engine.kernels.cpu.jit import address, threads
from engine.kernels.cpu.scratch import carve, room
from engine.kernels.cpu.strips import CHANNELS, STRIPS, WIDE, Images
from engine.kernels.cpu.vectors import BYTES
from engine.kernels.cpu.winograd import suits
from engine.kernels.cpu.winograd_plan import PRODUCTS
from engine.kernels.kernel import Kernel

# Below so many multiplications the reference is as fast.
LEAST_PRODUCTS = 1 << 18
LEAST = 1 << 8


def _plan(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> ChannelPlan:
    input, gradient = inputs
    kernel, stride, padding, dilation, groups = attributes
    walks = zip(
        on_two_dimensions(input.shape[2:], 1),
        on_two_dimensions(gradient.shape[2:], 1),
        on_two_dimensions(kernel, 1),
        on_two_dimensions(stride, 1),
        on_two_dimensions(padding, 0),
        on_two_dimensions(dilation, 1),
        strict=True,
    )
    channels = input.shape[1] // groups, gradient.shape[1] // groups
    winograd = _by_winograd(input, gradient, kernel, stride, padding, dilation)
    return channel_plan(input.shape[0], channels, groups, winograd, *walks)


def _by_winograd(input: Any, gradient: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> bool:
    if input.ndim != 4 or not suits(gradient.shape[2:], kernel, stride, dilation):
        return False
    whole = tuple(length + 2 * pad - 2 for length, pad in zip(input.shape[2:], padding, strict=True))
    return gradient.shape[2:] == whole


def _pieces(sizes: ChannelSizes) -> int:
    return min(threads(), sizes.groups * sizes.parts * sizes.shares)


def _planes(sizes: ChannelSizes) -> int:
    """Bytes of planes and of transformed elements."""
    planes = sizes.seen_blocks * sizes.seen_block + sizes.made_blocks * sizes.made_block
    return planes + (PRODUCTS * (sizes.seen_product + sizes.made_product) if sizes.tiles else 0)


def _memory(sizes: ChannelSizes) -> tuple[int, int]:
    """How many float32 the pieces and all sums take."""
    rows = sizes.outputs * sizes.seen_blocks * WIDE
    of_a_piece = _planes(sizes) + (PRODUCTS * rows if sizes.tiles else 0)
    sums = sizes.groups * sizes.parts * sizes.shares * sizes.height * sizes.width * rows
    return _pieces(sizes) * of_a_piece // BYTES, sums // BYTES


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    input, gradient = inputs
    if input.ndim not in (3, 4) or not is_single(input, gradient):
        return False
    kernel, groups = on_two_dimensions(attributes[0], 1), attributes[4]
    channels = input.shape[1] // groups, gradient.shape[1] // groups
    if gradient.size * channels[0] * kernel[0] * kernel[1] < LEAST_PRODUCTS:
        return False
    return worth(input.shape[0], channels, groups, on_two_dimensions(input.shape[2:], 1))


def _lies_by_channels(array: Any) -> Images:
    """Where an array lies with its images as channels and its channels as images, which then are strips."""
    lies = lies_at(in_two_dimensions(array))
    layout = STRIPS if lies.layout == CHANNELS else lies.layout
    return lies._replace(image=lies.channel, channel=lies.image, layout=layout)


def _correlate(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    plan = _plan(inputs, attributes)
    sizes = plan.sizes
    memory = _memory(sizes)
    pieces = _pieces(sizes)
    planes, sums = carve(scratch, *memory)
    input, gradient = map(_lies_by_channels, inputs)
    taps = sizes.height * sizes.width
    add_in_parallel(
        pieces,
        input,
        gradient,
        sizes,
        plan.seen,
        plan.made,
        plan.offsets,
        plan.neighbours,
        plan.places_seen[input.layout],
        plan.places_made[gradient.layout],
        sums.reshape(sizes.groups * sizes.parts * sizes.shares, taps, sizes.outputs, -1),
        plan.places_of_taps,
        address(planes),
        memory[0] * BYTES // pieces,
        _planes(sizes),
        outputs[0].reshape(sizes.groups * sizes.outer, sizes.inner, taps),
    )


convolution_weight_gradient = Kernel(
    _correlate, _accepts, lambda inputs, attributes: room(*_memory(_plan(inputs, attributes).sizes)), least=LEAST
)
