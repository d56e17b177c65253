"""Convolution with kernels of three by three, stride 1, by Winograd's filtering: a quarter of the multiplications.

The largest error, beside the largest result, is about 1e-6 where that of plain sums is 4e-7; the tests hold it below
1e-5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.image_layout import is_single, lies_at
from engine.kernels.cpu.jit import address, threads
from engine.kernels.cpu.scratch import carve, room
from engine.kernels.cpu.strips import Images
from engine.kernels.cpu.vectors import BYTES
from engine.kernels.cpu.winograd_plan import MADE, PRODUCTS, TAPS, WinogradPlan, WinogradSizes, winograd_plan
from engine.kernels.cpu.winograd_strips import convolve_in_parallel
from engine.kernels.kernel import Kernel

# With fewer channels the transforms take longer than what they save; so do tiles with more results than are wanted.
FEWEST_CHANNELS = 8
MOST_WASTE = 1.8
# Below so many multiplications the reference is as fast.
LEAST_PRODUCTS = 1 << 18
LEAST = 1 << 8


def _memory(sizes: WinogradSizes) -> tuple[int, int, int, int]:
    """How many float32 go to the pieces, to zeros and biases, and to weights, plain and transformed."""
    of_a_piece = sizes.planes + sizes.results + PRODUCTS * (sizes.elements + sizes.products)
    weights = sizes.groups * sizes.outputs * sizes.inner
    pieces = min(threads(), sizes.tasks)
    return (
        pieces * of_a_piece // BYTES,
        (sizes.groups + 1) * sizes.outputs,
        TAPS * TAPS * weights,
        PRODUCTS * weights,
    )


def _convolved(
    plan: WinogradPlan, source: Any, weight: Images, taps: Any, bias: Any, target: Any, scratch: Any
) -> None:
    sizes = plan.sizes
    memory = _memory(sizes)
    pieces = min(threads(), sizes.tasks)
    planes, start, plain, transformed = carve(scratch, *memory)
    start[:] = 0
    if bias is not None:
        biases = start[sizes.outputs :].reshape(sizes.groups, sizes.outputs)
        biases[:, : sizes.outer] = bias.reshape(sizes.groups, sizes.outer)
    lies, falls = lies_at(source), lies_at(target)
    convolve_in_parallel(
        pieces,
        lies,
        falls,
        weight,
        taps,
        sizes,
        plan.seen,
        plan.made,
        plan.offsets,
        plan.plain_offsets,
        plan.places_seen[lies.layout],
        plan.places_made[falls.layout],
        address(plain),
        address(transformed),
        address(start),
        address(planes),
        memory[0] * BYTES // pieces,
    )


def suits(
    lengths: tuple[int, ...], kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> bool:
    """Whether the kernel is three by three, steps are 1, and results of such lengths fill most of their tiles."""
    if kernel != (TAPS, TAPS) or {*stride, *dilation} != {1}:
        return False
    tiles = [-(-length // MADE) * MADE for length in lengths]
    return 0 < tiles[0] * tiles[1] <= MOST_WASTE * lengths[0] * lengths[1]


def _enough(source: Any, weight: Any, groups: int) -> bool:
    made, seen = weight.shape[:2]
    if min(made // groups, seen) < FEWEST_CHANNELS:
        return False
    return source.size // max(1, source.shape[1]) * weight.size >= LEAST_PRODUCTS


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    source, weight, bias = inputs
    stride, padding, dilation, groups = attributes
    if source.ndim != 4 or not is_single(source, weight, bias):
        return False
    lengths = tuple(length + 2 * pad - 2 for length, pad in zip(source.shape[2:], padding, strict=True))
    return suits(lengths, weight.shape[2:], stride, dilation) and _enough(source, weight, groups)


def _accepts_back(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    source, weight, bias = inputs
    stride, padding, _, dilation, groups = attributes
    if source.ndim != 4 or max(padding) >= TAPS or not is_single(source, weight, bias):
        return False
    lengths = tuple(length - 2 * pad + 2 for length, pad in zip(source.shape[2:], padding, strict=True))
    return suits(lengths, weight.shape[2:], stride, dilation) and _enough(source, weight, groups)


def _plan(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> WinogradPlan:
    source, weight, _ = inputs
    groups = attributes[3]
    channels = weight.shape[1], weight.shape[0] // groups
    return winograd_plan(threads(), source.shape[0], channels, groups, source.shape[2:], attributes[1])


def _plan_back(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> WinogradPlan:
    source, weight, _ = inputs
    groups = attributes[4]
    channels = weight.shape[0] // groups, weight.shape[1]
    padding = tuple(TAPS - 1 - pad for pad in attributes[1])
    return winograd_plan(threads(), source.shape[0], channels, groups, source.shape[2:], padding)


def _taps(weight: Any) -> Any:
    """Where the places of the kernel lie, in bytes."""
    rows, columns = np.arange(TAPS) * weight.strides[2], np.arange(TAPS) * weight.strides[3]
    return (rows[:, None] + columns).reshape(-1)


def _convolve(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    source, weight, bias = inputs
    made, seen = weight.strides[:2]
    group = weight.shape[0] // attributes[3] * made
    lies = Images(address(weight), group, made, seen, 0, 0)
    _convolved(_plan(inputs, attributes), source, lies, _taps(weight), bias, outputs[0], scratch)


def _convolve_back(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    """The adjoint is a convolution with the kernel turned round and its channels exchanged."""
    source, weight, bias = inputs
    seen, made = weight.strides[:2]
    group = weight.shape[0] // attributes[4] * seen
    lies = Images(address(weight), group, made, seen, 0, 0)
    taps = np.ascontiguousarray(_taps(weight)[::-1])
    _convolved(_plan_back(inputs, attributes), source, lies, taps, bias, outputs[0], scratch)


convolution = Kernel(
    _convolve,
    _accepts,
    lambda inputs, attributes: room(*_memory(_plan(inputs, attributes).sizes)),
    strided=True,
    least=LEAST,
)
transposed_convolution = Kernel(
    _convolve_back,
    _accepts_back,
    lambda inputs, attributes: room(*_memory(_plan_back(inputs, attributes).sizes)),
    strided=True,
    least=LEAST,
)
