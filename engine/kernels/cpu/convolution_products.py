"""Products of packed weights with what positions see of planes, read where it lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.convolution_tiles import (
    SHORT,
    SHORT_WIDTH,
    SINGLE_WIDTH,
    TALL,
    TALL_WIDTH,
    multiply_short,
    multiply_short_one,
    multiply_single,
    multiply_single_one,
    multiply_tall,
    multiply_tall_one,
    multiply_tall_pair,
)
from engine.kernels.cpu.jit import compiled
from engine.kernels.cpu.vectors import BYTES, load_single, store_single


@compiled
def pack_panel(
    weight: int, row_stride: int, channel_stride: int, taps: Any, rows: int, height: int, channels: int, target: int
) -> None:
    """[channels · taps][height] of a weight's first `rows` outputs, then zeros; taps are offsets in bytes."""
    place = target
    for channel in range(channels):
        for tap in taps:
            begin = weight + channel * channel_stride + tap
            for row in range(height):
                store_single(place, load_single(begin + row * row_stride) if row < rows else np.float32(0))
                place += BYTES


@compiled
def multiply_row(
    weights: int,
    plane: int,
    step: int,
    offsets: int,
    depth: int,
    rows: int,
    height: int,
    count: int,
    start: int,
    target: int,
    target_stride: int,
    target_step: int,
) -> None:
    """Target[row][position] = start[row] + Σ weights · what the position sees, for `count` positions `step` apart."""
    if height == TALL:
        multiply_row_tall(weights, plane, step, offsets, depth, rows, count, start, target, target_stride, target_step)
    elif height == SHORT:
        done = 0
        while done + SHORT_WIDTH <= count:
            multiply_short(
                weights,
                plane + done * step,
                step,
                offsets,
                depth,
                start,
                target + done * target_step,
                target_stride,
                target_step,
            )
            # The last tile may lie over the one before it.
            done += SHORT_WIDTH if done + 2 * SHORT_WIDTH <= count else max(1, count - done - SHORT_WIDTH)
        for place in range(0 if count < SHORT_WIDTH else count, count):
            multiply_short_one(
                weights,
                plane + place * step,
                step,
                offsets,
                depth,
                start,
                target + place * target_step,
                target_stride,
                target_step,
            )
    else:
        done = 0
        while done + SINGLE_WIDTH <= count:
            multiply_single(
                weights,
                plane + done * step,
                step,
                offsets,
                depth,
                start,
                target + done * target_step,
                target_stride,
                target_step,
            )
            done += SINGLE_WIDTH if done + 2 * SINGLE_WIDTH <= count else max(1, count - done - SINGLE_WIDTH)
        for place in range(0 if count < SINGLE_WIDTH else count, count):
            multiply_single_one(
                weights,
                plane + place * step,
                step,
                offsets,
                depth,
                start,
                target + place * target_step,
                target_stride,
                target_step,
            )


@compiled
def multiply_row_tall(
    weights: int,
    plane: int,
    step: int,
    offsets: int,
    depth: int,
    rows: int,
    count: int,
    start: int,
    target: int,
    target_stride: int,
    target_step: int,
) -> None:
    """The same in tiles of TALL rows: what a few positions see is in a first-level cache for all of them."""
    done = 0
    while done < count:
        left = count - done
        width = TALL_WIDTH if left == TALL_WIDTH or left > TALL_WIDTH + 1 else min(left, 2)
        seen, place = plane + done * step, target + done * target_step
        for top in range(0, rows, TALL):
            packed, begin = weights + top * depth * BYTES, start + top * BYTES
            line = place + top * target_stride
            if width == TALL_WIDTH:
                multiply_tall(packed, seen, step, offsets, depth, begin, line, target_stride, target_step)
            elif width == 2:
                multiply_tall_pair(packed, seen, step, offsets, depth, begin, line, target_stride, target_step)
            else:
                multiply_tall_one(packed, seen, step, offsets, depth, begin, line, target_stride, target_step)
        done += width
