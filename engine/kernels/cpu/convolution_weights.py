"""The gradient of a convolution in its weight: planes of the input times planes of the gradient, summed.

Strips are dealt out to a number of shares that sizes alone decide. Each share adds up its own in order, and the shares
are added up in order, so that the bits are the same for any number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.convolution_tiles import GRADIENTS, SHIFTS, correlate_single, correlate_tile
from engine.kernels.cpu.convolution_weights_plan import WeightPlan, WeightSizes, weight_plan
from engine.kernels.cpu.image_layout import in_two_dimensions, is_single, lies_at, on_two_dimensions
from engine.kernels.cpu.jit import address, compiled, parallel, prange, threads
from engine.kernels.cpu.scratch import carve, room
from engine.kernels.cpu.strips import WIDE, Images, Window, clear, spread
from engine.kernels.cpu.vectors import BYTES, LANES
from engine.kernels.kernel import Kernel

# Below so many multiplications the reference is as fast.
PRODUCTS = 1 << 18
LEAST = 1 << 8


@compiled
def correlate(
    gradients: int, planes: int, offsets: int, sizes: WeightSizes, seen: Window, made: Window, target: int
) -> None:
    """Target[gradient][shift] += Σ gradient · plane at the shift, over all positions of LANES strips."""
    row_step, column_step = sizes.step_y * seen.width * WIDE, sizes.step_x * WIDE
    stride = sizes.shifts * BYTES
    for shift in range(0, sizes.shifts, SHIFTS):
        for row in range(0, sizes.gradients, sizes.height):
            left, table = gradients + row * made.plane, offsets + shift * 8
            place = target + row * stride + shift * BYTES
            if sizes.height == GRADIENTS:
                correlate_tile(
                    left, made.plane, planes, row_step, column_step, table, sizes.rows, made.width, place, stride
                )
            else:
                correlate_single(
                    left, made.plane, planes, row_step, column_step, table, sizes.rows, made.width, place, stride
                )


@compiled
def correlate_share(
    piece: int,
    pieces: int,
    input: Images,
    gradient: Images,
    offsets: Any,
    sizes: WeightSizes,
    seen: Window,
    made: Window,
    places_seen: Any,
    places_made: Any,
    sums: int,
    planes: int,
) -> None:
    """A piece of all units, one after another in the same memory: planes of the input, then of the gradient."""
    gradients = planes + sizes.planes
    each = sizes.gradients * sizes.shifts * BYTES
    clear(planes, sizes.planes)
    clear(gradients, sizes.gradient_planes)
    units = sizes.groups * sizes.parts * sizes.shares
    for unit in range(units * piece // pieces, units * (piece + 1) // pieces):
        share, part, group = (
            unit % sizes.shares,
            unit // sizes.shares % sizes.parts,
            unit // sizes.shares // sizes.parts,
        )
        first = part * sizes.channels
        channels = min(sizes.channels, sizes.inner - first)
        clear(sums + unit * each, each)
        for block in range(sizes.blocks * share // sizes.shares, sizes.blocks * (share + 1) // sizes.shares):
            strip = block * LANES
            spread(input, seen, strip, group * sizes.inner + first, channels, places_seen, planes)
            spread(gradient, made, strip, group * sizes.outer, sizes.outer, places_made, gradients)
            correlate(gradients, planes, offsets.ctypes.data, sizes, seen, made, sums + unit * each)


@compiled
def add_shares(piece: int, pieces: int, sums: Any, sizes: WeightSizes, target: Any) -> None:
    """A piece of the rows of the gradient from [groups][parts][shares][gradients][shifts]."""
    rows = sizes.groups * sizes.outer
    for row in range(rows * piece // pieces, rows * (piece + 1) // pieces):
        group, output = divmod(row, sizes.outer)
        for part in range(sizes.parts):
            first = part * sizes.channels
            length = min(sizes.channels, sizes.inner - first) * sizes.taps
            for place in range(length):
                total = sums[group, part, 0, output, place]
                for share in range(1, sizes.shares):
                    total += sums[group, part, share, output, place]
                target[row, first * sizes.taps + place] = total


@parallel
def correlate_in_parallel(
    pieces: int,
    input: Images,
    gradient: Images,
    offsets: Any,
    sizes: WeightSizes,
    seen: Window,
    made: Window,
    places_seen: Any,
    places_made: Any,
    sums: Any,
    planes: int,
    target: Any,
) -> None:
    """All units, then their sums."""
    for piece in prange(pieces):
        correlate_share(
            np.intp(piece),
            pieces,
            input,
            gradient,
            offsets,
            sizes,
            seen,
            made,
            places_seen,
            places_made,
            sums.ctypes.data,
            planes + piece * (sizes.planes + sizes.gradient_planes),
        )
    for piece in prange(pieces):
        add_shares(np.intp(piece), pieces, sums, sizes, target)


def _plan(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> WeightPlan:
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
    return weight_plan(input.shape[0], (input.shape[1] // groups, gradient.shape[1] // groups), groups, *walks)


def _pieces(sizes: WeightSizes) -> int:
    return min(threads(), sizes.groups * sizes.parts * sizes.shares)


def _memory(sizes: WeightSizes) -> tuple[int, int]:
    """How many float32 the planes and the sums take."""
    planes = _pieces(sizes) * (sizes.planes + sizes.gradient_planes) // BYTES
    return planes, sizes.groups * sizes.parts * sizes.shares * sizes.gradients * sizes.shifts


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    input, gradient = inputs
    if input.ndim not in (3, 4) or not is_single(input, gradient):
        return False
    kernel, groups = attributes[0], attributes[4]
    products = gradient.size * (input.shape[1] // groups)
    for length in kernel:
        products *= length
    return products >= PRODUCTS


def _correlate(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    plan = _plan(inputs, attributes)
    sizes = plan.sizes
    planes, sums = carve(scratch, *_memory(sizes))
    input, gradient = (lies_at(in_two_dimensions(each)) for each in inputs)
    correlate_in_parallel(
        _pieces(sizes),
        input,
        gradient,
        plan.offsets,
        sizes,
        plan.seen,
        plan.made,
        plan.places_seen[input.layout],
        plan.places_made[gradient.layout],
        sums.reshape(sizes.groups, sizes.parts, sizes.shares, sizes.gradients, sizes.shifts),
        address(planes),
        outputs[0].reshape(sizes.groups * sizes.outer, -1),
    )


convolution_weight_gradient = Kernel(
    _correlate, _accepts, lambda inputs, attributes: room(*_memory(_plan(inputs, attributes).sizes)), least=LEAST
)
