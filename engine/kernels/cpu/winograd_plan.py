"""What is known before its arrays of a convolution by Winograd's filtering: tiles of four by four results."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.convolution_axes import Axis, Phase, Tap
from engine.kernels.cpu.convolution_plan import (
    RESULTS_BYTES,
    Shape,
    apart,
    channels_apart,
    places_of,
    steps,
    strip_rows,
    up,
    window_of,
)
from engine.kernels.cpu.convolution_tiles import TALL
from engine.kernels.cpu.strips import WIDE, Window
from engine.kernels.cpu.vectors import LANES
from engine.kernels.cpu.winograd_matrices import SEEN

# Results of a tile, and taps of the kernel, along one dimension.
MADE, TAPS = 4, 3
PRODUCTS = SEEN * SEEN
# Transformed elements and products of this many bytes are worked on at a time, at least of so many tiles.
TILES_BYTES = 3 << 19
FEWEST_TILES = 3


class WinogradSizes(NamedTuple):
    """The numbers that the loops read.

    A task is one group of LANES strips, which have `rows` rows of `across` tiles; `bunch` rows of tiles are made
    before they are collected, `tiles` of them at a time. Transformed elements lie as [products][inner][tiles], channels
    `stride` bytes apart and products `elements`; products of them as [products][outputs][tiles], `products` apart.
    """

    groups: int
    inner: int
    outer: int
    outputs: int
    tasks: int
    rows: int
    across: int
    bunch: int
    tiles: int
    stride: int
    elements: int
    products: int
    planes: int
    results: int


class WinogradPlan(NamedTuple):
    """Sizes, what strips see and make, tables of places as in `convolution_plan.Plan`, and offsets in bytes.

    Offsets are those of channels in transformed elements, and those of taps and channels in planes.
    """

    sizes: WinogradSizes
    seen: Window
    made: Window
    offsets: Any
    plain_offsets: Any
    places_seen: tuple[Any, Any, Any, Any]
    places_made: tuple[Any, Any, Any, Any]


def tiled(length: int, padding: int) -> Axis:
    """A walk of a kernel of three over so many elements, four results at a time."""
    result = length + 2 * padding - TAPS + 1
    taps = tuple(Tap(place, 0, place) for place in range(SEEN))
    return Axis(length, padding, MADE, result, (Phase(0, MADE, -(-result // MADE)),), taps)


@lru_cache(maxsize=256)
def winograd_plan(
    threads: int, batch: int, channels: Shape, groups: int, lengths: Shape, padding: Shape
) -> WinogradPlan:
    """A convolution with a kernel of three by three, stride 1, from and to so many channels a group."""
    inner, outer = channels
    down, across = (tiled(*each) for each in zip(lengths, padding, strict=True))
    outputs = up(outer, TALL)
    rows = strip_rows(threads, batch, inner, groups, down, across)
    seen = window_of(batch, rows, down, across)
    width = MADE * across.positions
    bunch = min(rows, max(1, RESULTS_BYTES // (outputs * MADE * width * WIDE)))
    fitting = max(FEWEST_TILES, TILES_BYTES // (PRODUCTS * (inner + outputs) * WIDE))
    tiles = min(bunch * across.positions, fitting)
    stride = apart(tiles)
    plane = apart(bunch * MADE * width)
    made = Window(down.result, across.result, 0, 0, rows * MADE, seen.bands, seen.strips, bunch * MADE, width, plane)
    sizes = WinogradSizes(
        groups,
        inner,
        outer,
        outputs,
        -(-seen.strips // LANES) * groups,
        rows,
        across.positions,
        bunch,
        tiles,
        stride,
        apart(inner * stride // WIDE),
        apart(outputs * stride // WIDE),
        (inner + 1) * seen.plane + LANES * WIDE,
        outputs * plane + LANES * WIDE,
    )
    shifts = [(row * seen.width + column) * WIDE for row in range(TAPS) for column in range(TAPS)]
    plain = np.array([channel * seen.plane + shift for shift in shifts for channel in range(inner)], np.int64)
    side = steps(LANES, WIDE)
    places_seen = places_of(seen), side, channels_apart(inner, seen.plane, inner), side
    places_made = places_of(made), side, channels_apart(outer, plane, 0), side
    return WinogradPlan(sizes, seen, made, steps(inner, stride), plain, places_seen, places_made)
