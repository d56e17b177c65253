"""The gradient of a convolution in its weight, with channels in the lanes: gradients times what the kernel saw.

Units are one group, one part of the input's channels and one share of the images, all decided by sizes alone. Each
unit adds up its images in order, and shares are added up in order: the bits are the same for any number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.channel_products import add_images, add_tiles, finish_products
from engine.kernels.cpu.channel_sums_plan import ChannelSizes
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.strips import WIDE, Images, Window, clear, collect_run, spread
from engine.kernels.cpu.vectors import LANES
from engine.kernels.cpu.winograd_plan import PRODUCTS


@compiled
def add_unit(
    first: int,
    last: int,
    begin: int,
    made_begin: int,
    winograd: bool,
    input: Images,
    gradient: Images,
    sizes: ChannelSizes,
    seen: Window,
    made: Window,
    offsets: Any,
    neighbours: Any,
    places_seen: Any,
    places_made: Any,
    sums: int,
    planes: int,
    products: int,
) -> None:
    """Add up images `first` to `last` of the channels from `begin` and `made_begin` on."""
    gradients = planes + sizes.seen_blocks * sizes.seen_block
    elements = gradients + sizes.made_blocks * sizes.made_block
    for image in range(first, last, sizes.images):
        images = min(sizes.images, last - image)
        for block in range(sizes.seen_blocks):
            spread(input, seen, begin + block * LANES, image, images, places_seen, planes + block * sizes.seen_block)
        for block in range(sizes.made_blocks):
            spread(
                gradient,
                made,
                made_begin + block * LANES,
                image,
                images,
                places_made,
                gradients + block * sizes.made_block,
            )
        if winograd:
            add_tiles(images, sizes, seen, made, neighbours.ctypes.data, planes, gradients, elements, products)
        else:
            add_images(images, sizes, seen, offsets.ctypes.data, planes, gradients, sums)


@compiled
def add_share(
    piece: int,
    pieces: int,
    input: Images,
    gradient: Images,
    sizes: ChannelSizes,
    seen: Window,
    made: Window,
    offsets: Any,
    neighbours: Any,
    places_seen: Any,
    places_made: Any,
    sums: int,
    planes: int,
    products: int,
) -> None:
    """A piece of all units, one after another in the same memory."""
    each = sizes.height * sizes.width * sizes.outputs * sizes.seen_blocks * WIDE
    clear(planes, sizes.seen_blocks * sizes.seen_block + sizes.made_blocks * sizes.made_block)
    units = sizes.groups * sizes.parts * sizes.shares
    for unit in range(units * piece // pieces, units * (piece + 1) // pieces):
        share, place = unit % sizes.shares, unit // sizes.shares
        part, group = place % sizes.parts, place // sizes.parts
        first, last = sizes.batch * share // sizes.shares, sizes.batch * (share + 1) // sizes.shares
        begin, made_begin = group * sizes.inner + part * sizes.seen_blocks * LANES, group * sizes.outer
        target = sums + unit * each
        winograd = sizes.tiles > 0
        if winograd:
            clear(products, PRODUCTS * sizes.outputs * sizes.seen_blocks * WIDE)
        else:
            clear(target, each)
        for plainly in range(2):
            if plainly:
                # What is not finite is added up once more by plain sums, so that it stays where it belongs.
                if not winograd or finish_products(sizes, products, target):
                    continue
                clear(target, each)
            add_unit(
                first,
                last,
                begin,
                made_begin,
                winograd and not plainly,
                input,
                gradient,
                sizes,
                seen,
                made,
                offsets,
                neighbours,
                places_seen,
                places_made,
                target,
                planes,
                products,
            )


@compiled
def gather_share(piece: int, pieces: int, sums: Any, sizes: ChannelSizes, places: Any, target: Any) -> None:
    """A piece of the rows of the gradient, [outputs][channels][taps], from [units][taps][outputs][channels]."""
    addresses, counts = np.empty(LANES, np.intp), np.empty(LANES, np.intp)
    rows, taps = sizes.groups * sizes.outer, sizes.height * sizes.width
    for row in range(rows * piece // pieces, rows * (piece + 1) // pieces):
        group, output = divmod(row, sizes.outer)
        for part in range(sizes.parts):
            unit = (group * sizes.parts + part) * sizes.shares
            for tap in range(taps):
                for share in range(1, sizes.shares):
                    for place in range(sums.shape[3]):
                        sums[unit, tap, output, place] += sums[unit + share, tap, output, place]
            for block in range(sizes.seen_blocks):
                channel = (part * sizes.seen_blocks + block) * LANES
                held = min(LANES, sizes.inner - channel)
                for lane in range(LANES):
                    addresses[lane] = target[row, channel + min(lane, held - 1)].ctypes.data
                    counts[lane] = taps if lane < held else 0
                line = sums[unit, 0, output, block * LANES :].ctypes.data
                collect_run(line, 0, places, addresses, 0, counts, taps, held == LANES)


@parallel
def add_in_parallel(
    pieces: int,
    input: Images,
    gradient: Images,
    sizes: ChannelSizes,
    seen: Window,
    made: Window,
    offsets: Any,
    neighbours: Any,
    places_seen: Any,
    places_made: Any,
    sums: Any,
    places: Any,
    planes: int,
    memory: int,
    products: int,
    target: Any,
) -> None:
    """All units, then their sums; each piece has `memory` bytes at `planes`, of which products begin at `products`."""
    for piece in prange(pieces):
        add_share(
            np.intp(piece),
            pieces,
            input,
            gradient,
            sizes,
            seen,
            made,
            offsets,
            neighbours,
            places_seen,
            places_made,
            sums.ctypes.data,
            planes + piece * memory,
            planes + piece * memory + products,
        )
    for piece in prange(pieces):
        gather_share(np.intp(piece), pieces, sums, sizes, places, target)
