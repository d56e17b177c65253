"""Products of gradients with what the kernel saw, channels in the lanes, added to sums of taps.

Addresses and strides are in bytes; nothing checks them.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.cpu.channel_sums_plan import ChannelSizes
from engine.kernels.cpu.convolution_tiles import TALL, TALL_WIDTH, add_tall, add_tall_one, add_tall_pair
from engine.kernels.cpu.jit import compiled
from engine.kernels.cpu.strips import WIDE, Window
from engine.kernels.cpu.vectors import BYTES, LANES
from engine.kernels.cpu.winograd_matrices import SEEN
from engine.kernels.cpu.winograd_plan import MADE, PRODUCTS
from engine.kernels.cpu.winograd_vectors import (
    sum_of_nothing,
    transform_elements,
    transform_gradients,
    transform_weight_results,
)


@compiled
def add_products(
    gradients: int,
    block: int,
    seen: int,
    step: int,
    offsets: int,
    depth: int,
    outputs: int,
    count: int,
    target: int,
    target_stride: int,
    target_step: int,
) -> None:
    """Target[output][number] += Σ gradient[output] · what lies at the offset + number · step, over the depth.

    Gradients are [blocks of LANES outputs][depth][LANES], a block `block` bytes behind the last one.
    """
    done = 0
    while done < count:
        left = count - done
        width = TALL_WIDTH if left == TALL_WIDTH or left > TALL_WIDTH + 1 else min(left, 2)
        plane, place = seen + done * step, target + done * target_step
        for top in range(0, outputs, TALL):
            rows = gradients + top // LANES * block + top % LANES * BYTES
            line = place + top * target_stride
            if width == TALL_WIDTH:
                add_tall(rows, plane, step, offsets, depth, WIDE, line, target_stride, target_step)
            elif width == 2:
                add_tall_pair(rows, plane, step, offsets, depth, WIDE, line, target_stride, target_step)
            else:
                add_tall_one(rows, plane, step, offsets, depth, WIDE, line, target_stride, target_step)
        done += width


@compiled
def add_images(
    images: int, sizes: ChannelSizes, seen: Window, offsets: int, planes: int, gradients: int, sums: int
) -> None:
    """Add what some images make of each tap of the kernel."""
    line = sizes.seen_blocks * WIDE
    tap = sizes.outputs * line
    depth = images * sizes.positions
    for row in range(sizes.height):
        begin, target = planes + row * sizes.dilation_y * seen.width * WIDE, sums + row * sizes.width * tap
        if sizes.width == 1:
            add_products(
                gradients,
                sizes.made_block,
                begin,
                sizes.seen_block,
                offsets,
                depth,
                sizes.outputs,
                sizes.seen_blocks,
                target,
                line,
                WIDE,
            )
            continue
        for block in range(sizes.seen_blocks):
            add_products(
                gradients,
                sizes.made_block,
                begin + block * sizes.seen_block,
                sizes.dilation_x * WIDE,
                offsets,
                depth,
                sizes.outputs,
                sizes.width,
                target + block * WIDE,
                line,
                tap,
            )


@compiled
def add_tiles(
    images: int,
    sizes: ChannelSizes,
    seen: Window,
    made: Window,
    neighbours: int,
    planes: int,
    gradients: int,
    elements: int,
    products: int,
) -> None:
    """Add what some images make of each product of Winograd's filtering.

    Transformed gradients lie behind the transformed elements.
    """
    errors = elements + PRODUCTS * sizes.seen_product
    line = sizes.seen_blocks * WIDE
    for first in range(0, images * sizes.tiles, sizes.together):
        count = min(sizes.together, images * sizes.tiles - first)
        for tile in range(count):
            image, place = divmod(first + tile, sizes.tiles)
            row, column = divmod(place, sizes.across)
            begin = planes + image * seen.plane + (row * seen.width + column) * MADE * WIDE
            for number in range(sizes.seen_blocks):
                transform_elements(
                    begin + number * sizes.seen_block,
                    seen.width * WIDE,
                    WIDE,
                    elements + number * sizes.block + tile * WIDE,
                    SEEN * sizes.seen_product,
                    sizes.seen_product,
                    np.float32(0),
                )
            begin = gradients + image * made.plane + (row * made.width + column) * MADE * WIDE
            for number in range(sizes.made_blocks):
                transform_gradients(
                    begin + number * sizes.made_block,
                    made.width * WIDE,
                    WIDE,
                    errors + number * sizes.block + tile * WIDE,
                    SEEN * sizes.made_product,
                    sizes.made_product,
                    np.float32(0),
                )
        for product in range(PRODUCTS):
            add_products(
                errors + product * sizes.made_product,
                sizes.block,
                elements + product * sizes.seen_product,
                sizes.block,
                neighbours,
                count,
                sizes.outputs,
                sizes.seen_blocks,
                products + product * sizes.outputs * line,
                line,
                WIDE,
            )


@compiled
def finish_products(sizes: ChannelSizes, products: int, sums: int) -> bool:
    """Sums of taps from those of products; whether all are finite."""
    count = sizes.outputs * sizes.seen_blocks
    for place in range(0, count * WIDE, WIDE):
        transform_weight_results(
            products + place,
            SEEN * count * WIDE,
            count * WIDE,
            sums + place,
            sizes.width * count * WIDE,
            count * WIDE,
            np.float32(0),
        )
    return sum_of_nothing(sums, sizes.height * sizes.width * count) == 0
