"""Convolution by Winograd's filtering of strips: tiles transformed, multiplied, and their products transformed back.

Strips whose results are not all finite are convolved once more by plain sums, so that infinities and NaN stay where
they belong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.convolution_products import multiply_row_tall, pack_panel
from engine.kernels.cpu.convolution_tiles import TALL
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.strips import WIDE, Images, Window, clear, collect, spread
from engine.kernels.cpu.vectors import BYTES, LANES, load_single
from engine.kernels.cpu.winograd_matrices import SEEN
from engine.kernels.cpu.winograd_plan import MADE, PRODUCTS, TAPS, WinogradSizes
from engine.kernels.cpu.winograd_vectors import (
    sum_of_nothing,
    transform_elements,
    transform_results,
    transform_weights,
)


@compiled
def pack_share(
    piece: int, pieces: int, weight: Images, taps: Any, sizes: WinogradSizes, plain: int, transformed: int
) -> None:
    """A piece of all weights: [groups][panels][taps][inner][TALL], and transformed [groups][products][panels][…]."""
    panels = sizes.outputs // TALL
    size = sizes.inner * TALL * BYTES
    for unit in range(sizes.groups * panels * piece // pieces, sizes.groups * panels * (piece + 1) // pieces):
        group, panel = divmod(unit, panels)
        packed = plain + unit * TAPS * TAPS * size
        begin = weight.address + group * weight.image + panel * TALL * weight.channel
        left = sizes.outer - panel * TALL
        for tap in range(TAPS * TAPS):
            pack_panel(
                begin, weight.channel, weight.row, taps[tap : tap + 1], left, TALL, sizes.inner, packed + tap * size
            )
        target = transformed + (group * PRODUCTS * panels + panel) * size
        for place in range(0, size, WIDE):
            # The last vector may lie over the one before it.
            part = min(place, size - WIDE)
            transform_weights(
                packed + part,
                TAPS * size,
                size,
                target + part,
                SEEN * panels * size,
                panels * size,
                np.float32(0),
            )


@compiled
def multiply_tiles(
    first: int,
    count: int,
    sizes: WinogradSizes,
    seen: Window,
    made: Window,
    offsets: int,
    weights: int,
    zeros: int,
    bias: int,
    planes: int,
    elements: int,
    products: int,
    results: int,
) -> None:
    """Some tiles of a bunch: their elements transformed, multiplied, and the products transformed to results."""
    for channel in range(sizes.inner):
        for tile in range(count):
            row, column = divmod(first + tile, sizes.across)
            transform_elements(
                planes + channel * seen.plane + (row * seen.width + column) * MADE * WIDE,
                seen.width * WIDE,
                WIDE,
                elements + channel * sizes.stride + tile * WIDE,
                SEEN * sizes.elements,
                sizes.elements,
                np.float32(0),
            )
    for product in range(PRODUCTS):
        multiply_row_tall(
            weights + product * sizes.outputs * sizes.inner * BYTES,
            elements + product * sizes.elements,
            WIDE,
            offsets,
            sizes.inner,
            sizes.outputs,
            count,
            zeros,
            products + product * sizes.products,
            sizes.stride,
            WIDE,
        )
    for output in range(sizes.outer):
        for tile in range(count):
            row, column = divmod(first + tile, sizes.across)
            transform_results(
                products + output * sizes.stride + tile * WIDE,
                SEEN * sizes.products,
                sizes.products,
                results + output * made.plane + (row * made.width + column) * MADE * WIDE,
                made.width * WIDE,
                WIDE,
                load_single(bias + output * BYTES),
            )


@compiled
def are_finite(results: int, rows: int, stride: int, count: int) -> bool:
    """Whether the first `count` vectors of each row hold neither infinities nor NaN."""
    total = np.float32(0)
    for row in range(rows):
        total += sum_of_nothing(results + row * stride, count)
    return total == 0


@compiled
def convolve_share(
    piece: int,
    pieces: int,
    source: Images,
    target: Images,
    sizes: WinogradSizes,
    seen: Window,
    made: Window,
    offsets: Any,
    plain_offsets: Any,
    places_seen: Any,
    places_made: Any,
    plain: int,
    transformed: int,
    start: int,
    planes: int,
) -> None:
    """A piece of all tasks, one after another in the same memory: planes, results, transformed elements, products."""
    results = planes + sizes.planes
    elements = results + sizes.results
    products = elements + PRODUCTS * sizes.elements
    panels = sizes.outputs * sizes.inner * BYTES
    clear(planes, sizes.planes)
    for task in range(sizes.tasks * piece // pieces, sizes.tasks * (piece + 1) // pieces):
        group, strip = task % sizes.groups, task // sizes.groups * LANES
        bias = start + (group + 1) * sizes.outputs * BYTES
        spread(source, seen, strip, group * sizes.inner, sizes.inner, places_seen, planes)
        for row in range(0, sizes.rows, sizes.bunch):
            rows = min(sizes.bunch, sizes.rows - row)
            begin = planes + row * MADE * seen.width * WIDE
            for first in range(0, rows * sizes.across, sizes.tiles):
                multiply_tiles(
                    first,
                    min(sizes.tiles, rows * sizes.across - first),
                    sizes,
                    seen,
                    made,
                    offsets.ctypes.data,
                    transformed + group * PRODUCTS * panels,
                    start,
                    bias,
                    begin,
                    elements,
                    products,
                    results,
                )
            if not are_finite(results, sizes.outer, made.plane, rows * MADE * made.width):
                for line in range(rows * MADE):
                    multiply_row_tall(
                        plain + group * TAPS * TAPS * panels,
                        begin + line * seen.width * WIDE,
                        WIDE,
                        plain_offsets.ctypes.data,
                        TAPS * TAPS * sizes.inner,
                        sizes.outputs,
                        made.width,
                        bias,
                        results + line * made.width * WIDE,
                        made.plane,
                        WIDE,
                    )
            collect(
                results,
                target,
                made,
                strip,
                row * MADE,
                rows * MADE,
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
    taps: Any,
    sizes: WinogradSizes,
    seen: Window,
    made: Window,
    offsets: Any,
    plain_offsets: Any,
    places_seen: Any,
    places_made: Any,
    plain: int,
    transformed: int,
    start: int,
    planes: int,
    memory: int,
) -> None:
    """All weights packed and transformed, then all tasks; each piece has `memory` bytes at `planes`."""
    for piece in prange(pieces):
        pack_share(np.intp(piece), pieces, weight, taps, sizes, plain, transformed)
    for piece in prange(pieces):
        convolve_share(
            np.intp(piece),
            pieces,
            source,
            target,
            sizes,
            seen,
            made,
            offsets,
            plain_offsets,
            places_seen,
            places_made,
            plain,
            transformed,
            start,
            planes + piece * memory,
        )
