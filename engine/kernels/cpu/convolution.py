"""Convolution and its adjoint: products of weights with planes of strips, which are shifted and never copied again.

Every element is added up over channels and places of the kernel in one order, however the work is cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.convolution_plan import Plan, Sizes, backward_plan, forward_plan
from engine.kernels.cpu.convolution_products import multiply_row, pack_panel
from engine.kernels.cpu.image_layout import in_two_dimensions, is_single, lies_at, on_two_dimensions
from engine.kernels.cpu.jit import address, compiled, parallel, prange, threads
from engine.kernels.cpu.strips import WIDE, Images, Window, clear, collect, spread
from engine.kernels.cpu.vectors import BYTES, LANES
from engine.kernels.kernel import Kernel

# Below so many multiplications the reference is as fast.
PRODUCTS = 1 << 18
LEAST = 1 << 8


@compiled
def pack_share(piece: int, pieces: int, weight: Images, phases: Any, taps: Any, sizes: Sizes, target: int) -> None:
    """A piece of all weights packed: [groups][phases][panels]; the weight lies as [groups, made, seen, …]."""
    panels = sizes.outputs // sizes.height
    units = sizes.groups * len(phases) * panels
    for unit in range(units * piece // pieces, units * (piece + 1) // pieces):
        top = unit % panels * sizes.height
        phase = phases[unit // panels % len(phases)]
        group = unit // panels // len(phases)
        depth = phase[6]
        pack_panel(
            weight.address + group * weight.image + top * weight.channel,
            weight.channel,
            weight.row,
            taps[phase[8] : phase[8] + depth // sizes.inner],
            sizes.outer - top,
            sizes.height,
            sizes.inner,
            target + (group * sizes.weights + phase[9] + top * depth) * BYTES,
        )


@compiled
def multiply_bunch(
    weights: int,
    planes: int,
    first: int,
    rows: int,
    phase: Any,
    offsets: Any,
    sizes: Sizes,
    seen: Window,
    made: Window,
    start: int,
    results: int,
) -> None:
    """Rows of positions of LANES strips, from `first` on, for one phase of the result."""
    for row in range(rows):
        line = phase[0] + row * phase[1]
        multiply_row(
            weights + phase[9] * BYTES,
            planes + (first + row) * sizes.step_y * seen.width * WIDE,
            sizes.step_x * WIDE,
            offsets[phase[7] :].ctypes.data,
            phase[6],
            sizes.outputs,
            sizes.height,
            phase[5],
            start,
            results + (line * made.width + phase[3]) * WIDE,
            made.plane,
            phase[4] * WIDE,
        )


@compiled
def convolve_share(
    piece: int,
    pieces: int,
    source: Images,
    target: Images,
    phases: Any,
    offsets: Any,
    sizes: Sizes,
    seen: Window,
    made: Window,
    places_seen: Any,
    places_made: Any,
    weights: int,
    start: int,
    planes: int,
) -> None:
    """A piece of all tasks, one after another in the same memory: planes, then results."""
    results = planes + sizes.planes
    clear(planes, sizes.planes)
    for task in range(sizes.tasks * piece // pieces, sizes.tasks * (piece + 1) // pieces):
        group, strip = task % sizes.groups, task // sizes.groups * LANES
        spread(source, seen, strip, group * sizes.inner, sizes.inner, places_seen, planes)
        for first in range(0, sizes.rows, sizes.bunch):
            rows = min(sizes.bunch, sizes.rows - first)
            for phase in phases:
                multiply_bunch(
                    weights + group * sizes.weights * BYTES,
                    planes,
                    first,
                    rows,
                    phase,
                    offsets,
                    sizes,
                    seen,
                    made,
                    start + group * sizes.outputs * BYTES,
                    results,
                )
            collect(
                results,
                target,
                made,
                strip,
                first * sizes.jump,
                rows * sizes.jump,
                group * sizes.outer,
                sizes.outer,
                places_made,
            )


@parallel
def convolve_in_parallel(
    pieces: int,
    source: Images,
    target: Images,
    weight: Images,
    phases: Any,
    offsets: Any,
    taps: Any,
    sizes: Sizes,
    seen: Window,
    made: Window,
    places_seen: Any,
    places_made: Any,
    weights: int,
    start: int,
    planes: int,
) -> None:
    """All weights packed, then all tasks."""
    for piece in prange(pieces):
        pack_share(np.intp(piece), pieces, weight, phases, taps, sizes, weights)
    for piece in prange(pieces):
        convolve_share(
            np.intp(piece),
            pieces,
            source,
            target,
            phases,
            offsets,
            sizes,
            seen,
            made,
            places_seen,
            places_made,
            weights,
            start,
            planes + piece * (sizes.planes + sizes.results),
        )


def room(plan: Plan) -> int:
    """Bytes of scratch memory."""
    sizes = plan.sizes
    packed = sizes.groups * (sizes.weights + sizes.outputs) * BYTES
    return packed + min(threads(), sizes.tasks) * (sizes.planes + sizes.results) + WIDE


def convolved(plan: Plan, source: Any, weight: Any, made: int, bias: Any, target: Any, scratch: Any) -> None:
    """Fill the target; `made` is the dimension of the weight along which its channels lie."""
    sizes = plan.sizes
    pieces = min(threads(), sizes.tasks)
    first = address(scratch)
    planes = first + -first % WIDE
    start = planes + pieces * (sizes.planes + sizes.results)
    count = sizes.groups * sizes.outputs
    begin = scratch[start - first :][: count * BYTES].view(np.float32).reshape(sizes.groups, sizes.outputs)
    begin[...] = 0
    if bias is not None:
        begin[:, : sizes.outer] = bias.reshape(sizes.groups, sizes.outer)
    kernel = in_two_dimensions(weight)
    strides = kernel.strides
    group = kernel.shape[0] // sizes.groups * strides[0]
    lies, falls = lies_at(in_two_dimensions(source)), lies_at(in_two_dimensions(target))
    convolve_in_parallel(
        pieces,
        lies,
        falls,
        Images(address(kernel), group, strides[made], strides[1 - made], 0, 0),
        plan.phases,
        plan.offsets,
        plan.taps @ np.array(strides[2:], np.int64),
        sizes,
        plan.seen,
        plan.made,
        plan.places_seen[lies.layout],
        plan.places_made[falls.layout],
        start + count * BYTES,
        start,
        planes,
    )


def forward_of(source: Any, kernel: Any, outputs: int, inner: int, attributes: tuple[Any, ...]) -> Plan:
    """The plan of a convolution with a kernel of such a size, of `inner` channels to `outputs`, a group."""
    stride, padding, dilation, groups = attributes
    walks = []
    for length, size, step, pad, spread_by in zip(
        on_two_dimensions(source.shape[2:], 1),
        on_two_dimensions(kernel, 1),
        on_two_dimensions(stride, 1),
        on_two_dimensions(padding, 0),
        on_two_dimensions(dilation, 1),
        strict=True,
    ):
        count = (length + 2 * pad - spread_by * (size - 1) - 1) // step + 1
        walks.append((length, count, size, step, pad, spread_by))
    return forward_plan(threads(), source.shape[0], (inner, outputs), groups, *walks)


def backward_of(source: Any, weight: Any, attributes: tuple[Any, ...]) -> Plan:
    """The plan of a transposed convolution."""
    stride, padding, output_padding, dilation, groups = attributes
    walks = []
    for count, size, step, pad, extra, spread_by in zip(
        on_two_dimensions(source.shape[2:], 1),
        on_two_dimensions(weight.shape[2:], 1),
        on_two_dimensions(stride, 1),
        on_two_dimensions(padding, 0),
        on_two_dimensions(output_padding, 0),
        on_two_dimensions(dilation, 1),
        strict=True,
    ):
        length = (count - 1) * step - 2 * pad + spread_by * (size - 1) + 1 + extra
        walks.append((count, length, size, step, pad, spread_by))
    return backward_plan(threads(), source.shape[0], (weight.shape[0] // groups, weight.shape[1]), groups, *walks)


def _forward(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> Plan:
    source, weight, _ = inputs
    return forward_of(source, weight.shape[2:], weight.shape[0] // attributes[3], weight.shape[1], attributes)


def _backward(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> Plan:
    return backward_of(inputs[0], inputs[1], attributes)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    source, weight, bias = inputs
    if source.ndim not in (3, 4) or not is_single(source, weight, bias):
        return False
    return source.size // max(1, source.shape[1]) * weight.size >= PRODUCTS


def _convolve(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    source, weight, bias = inputs
    convolved(_forward(inputs, attributes), source, weight, 0, bias, outputs[0], scratch)


def _convolve_back(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    source, weight, bias = inputs
    convolved(_backward(inputs, attributes), source, weight, 1, bias, outputs[0], scratch)


convolution = Kernel(
    _convolve, _accepts, lambda inputs, attributes: room(_forward(inputs, attributes)), strided=True, least=LEAST
)
transposed_convolution = Kernel(
    _convolve_back, _accepts, lambda inputs, attributes: room(_backward(inputs, attributes)), strided=True, least=LEAST
)
