"""What is known of a convolution's gradient in its weight before its arrays are, where channels lie in the lanes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.convolution_axes import Axis, forward
from engine.kernels.cpu.convolution_plan import Shape, apart, places_of, steps, up, window_of
from engine.kernels.cpu.convolution_tiles import TALL
from engine.kernels.cpu.strips import WIDE, Window
from engine.kernels.cpu.vectors import BYTES, LANES
from engine.kernels.cpu.winograd_plan import FEWEST_TILES, PRODUCTS, tiled

# Input channels that are taken together, if there are more: others see the same gradients again.
CHANNELS_OF_A_PART = 64
# Units of work that are wanted, if each has so many tiles to add up, and what their sums may take.
UNITS = 16
TILES_OF_A_UNIT = 128
SUMS_BYTES = 1 << 23
# Planes of so many bytes are worked on at a time, at least those of one image.
PLANES_BYTES = 1 << 19
# Transformed elements of this many bytes.
TILES_BYTES = 1 << 19


class ChannelSizes(NamedTuple):
    """The numbers that the loops read.

    A unit is one group, one part of its input channels and one share of the images, `images` of which are worked on at
    a time. Planes lie as [blocks of LANES channels][images]: `seen_blocks` for a part, `made_blocks` for a group. Sums
    are [taps][outputs][seen_blocks · LANES]. Where Winograd's filtering is used an image has `tiles` tiles, `across` of
    them in a row, of which `together` are transformed at a time: to [products][blocks][tiles], where blocks begin
    `block` bytes apart and products `seen_product`, or those of gradients `made_product`.
    """

    batch: int
    groups: int
    inner: int
    outer: int
    outputs: int
    parts: int
    shares: int
    images: int
    seen_blocks: int
    made_blocks: int
    seen_block: int
    made_block: int
    positions: int
    height: int
    width: int
    dilation_y: int
    dilation_x: int
    tiles: int
    across: int
    together: int
    block: int
    seen_product: int
    made_product: int


class ChannelPlan(NamedTuple):
    """Sizes, what planes have of the input and the gradient, offsets in bytes, and places as in `Plan`.

    Offsets are those of all positions of all images in planes of the input, and those of neighbours; taps lie at places
    of their own among the sums.
    """

    sizes: ChannelSizes
    seen: Window
    made: Window
    offsets: Any
    neighbours: Any
    places_seen: tuple[Any, Any, Any, Any, Any]
    places_made: tuple[Any, Any, Any, Any, Any]
    places_of_taps: Any


@lru_cache(maxsize=256)
def channel_plan(batch: int, channels: Shape, groups: int, winograd: bool, *walks: Shape) -> ChannelPlan:
    """The gradient of a convolution from and to so many channels a group; walks as in `forward_plan`."""
    inner, outer = channels
    down, across = (tiled(walk[0], walk[4]) if winograd else forward(*walk) for walk in walks)
    parts = -(-inner // CHANNELS_OF_A_PART)
    seen_blocks, made_blocks = -(-inner // (parts * LANES)), -(-outer // LANES)
    seen = window_of(inner * groups, down.positions, down, across)
    made = window_of_gradients(outer * groups, down, across)
    images = min(batch, max(1, PLANES_BYTES // (seen_blocks * seen.plane + made_blocks * made.plane)))
    positions = down.positions * across.positions
    taps = walks[0][2] * walks[1][2]
    outputs = up(outer, TALL)
    bytes_of_sums = taps * outputs * seen_blocks * WIDE * groups * parts
    # A unit ends with its sums, which are many where Winograd's filtering is used.
    tiles = positions if winograd else positions // 4
    shares = min(-(-UNITS // (groups * parts)), batch, batch * tiles // TILES_OF_A_UNIT, SUMS_BYTES // bytes_of_sums)
    together = max(FEWEST_TILES, TILES_BYTES // (PRODUCTS * (seen_blocks + made_blocks) * WIDE))
    together = min(images * positions, together)
    block = apart(together)
    sizes = ChannelSizes(
        batch,
        groups,
        inner,
        outer,
        outputs,
        parts,
        max(1, shares),
        images,
        seen_blocks,
        made_blocks,
        images * seen.plane + LANES * WIDE,
        images * made.plane + LANES * WIDE,
        made.height * made.width,
        walks[0][2],
        walks[1][2],
        walks[0][5],
        walks[1][5],
        positions if winograd else 0,
        across.positions,
        together,
        block,
        apart(seen_blocks * block // WIDE),
        apart(made_blocks * block // WIDE),
    )
    step_y, step_x = (1, 1) if winograd else (down.step, across.step)
    rows, columns = np.arange(made.height) * step_y * seen.width, np.arange(made.width) * step_x
    of_an_image = (rows[:, None] + columns).reshape(-1) * WIDE
    offsets = (np.arange(images)[:, None] * seen.plane + of_an_image).reshape(-1).astype(np.int64)
    none = steps(LANES, WIDE)
    places_seen = places_of(seen), none, none, none, none
    places_made = places_of(made), none, none, none, none
    places_of_taps = steps(up(taps, LANES), outputs * seen_blocks * WIDE)
    places_of_taps[taps:] = 0
    neighbours = steps(together, WIDE)
    return ChannelPlan(sizes, seen, made, offsets, neighbours, places_seen, places_made, places_of_taps)


def window_of_gradients(channels: int, down: Axis, across: Axis) -> Window:
    """Planes of a gradient without gaps, whole tiles high and wide; those that fill up are zero."""
    height, width = (axis.positions * axis.phases[0].step for axis in (down, across))
    plane = height * width * WIDE
    return Window(down.result, across.result, 0, 0, height, 1, channels, height, width, plane)


def worth(batch: int, channels: Shape, groups: int, lengths: Shape) -> bool:
    """Whether channels fill the lanes, units all threads, and planes of one image no more than a last-level cache."""
    inner, outer = channels
    parts = -(-inner // CHANNELS_OF_A_PART)
    planes = lengths[0] * lengths[1] * (min(inner, CHANNELS_OF_A_PART) + outer) * BYTES
    return min(inner, outer) > LANES // 2 and batch * groups * parts >= UNITS // 2 and planes <= 8 * PLANES_BYTES
