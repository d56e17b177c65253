"""What is known of a convolution's gradient in its weight before its arrays are: strips, shares and shifts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from engine.kernels.cpu.convolution_axes import forward
from engine.kernels.cpu.convolution_plan import (
    Shape,
    apart,
    channels_apart,
    places_of,
    steps,
    strip_rows,
    tables_of,
    up,
    window_of,
)
from engine.kernels.cpu.convolution_tiles import GRADIENTS, SHIFTS
from engine.kernels.cpu.strips import WIDE, Window
from engine.kernels.cpu.vectors import BYTES, LANES

# Input channels that are taken together, if there are more: others see the same gradients again.
CHANNELS_OF_A_PART = 64
# Units of work that are wanted, and the memory that their sums may take.
UNITS = 32
SUMS_BYTES = 1 << 22


class WeightSizes(NamedTuple):
    """The numbers that the loops read.

    A unit is one group, one part of its input channels, and one share of all blocks of LANES strips. Its sums are
    [gradients][shifts], rounded up to tiles `height` high; `taps` are the places of the kernel.
    """

    groups: int
    inner: int
    outer: int
    parts: int
    channels: int
    taps: int
    shares: int
    blocks: int
    gradients: int
    shifts: int
    height: int
    rows: int
    step_y: int
    step_x: int
    planes: int
    gradient_planes: int


class WeightPlan(NamedTuple):
    """Sizes, what strips have of the input and of the gradient, shifts, and places as in `convolution_plan.Plan`."""

    sizes: WeightSizes
    seen: Window
    made: Window
    offsets: Any
    places_seen: tuple[Any, Any, Any, Any]
    places_made: tuple[Any, Any, Any, Any]


@lru_cache(maxsize=256)
def weight_plan(batch: int, channels: Shape, groups: int, *walks: Shape) -> WeightPlan:
    """The gradient of a convolution from and to so many channels a group; walks as in `forward_plan`."""
    inner, outer = channels
    down, across = (forward(*walk) for walk in walks)
    parts = -(-inner // CHANNELS_OF_A_PART)
    together = -(-inner // parts)
    rows = strip_rows(1, batch, together + outer, groups, down, across)
    seen = window_of(batch, rows, down, across)
    plane = apart(rows * across.positions + 1)
    made = Window(down.positions, across.positions, 0, 0, rows, seen.bands, seen.strips, rows, across.positions, plane)
    height = GRADIENTS if outer > 1 else 1
    _, offsets, taps, _ = tables_of(together, height, seen, [down, across])
    shifts = up(together * len(taps), SHIFTS)
    gradients = up(outer, height)
    blocks = -(-seen.strips // LANES)
    bytes_of_a_share = groups * parts * gradients * shifts * BYTES
    shares = max(1, min(-(-UNITS // (groups * parts)), blocks, SUMS_BYTES // bytes_of_a_share))
    sizes = WeightSizes(
        groups,
        inner,
        outer,
        parts,
        together,
        len(taps),
        shares,
        blocks,
        gradients,
        shifts,
        height,
        rows,
        down.step,
        across.step,
        (together + 1) * seen.plane + LANES * WIDE,
        (gradients + 1) * made.plane + LANES * WIDE,
    )
    padded = steps(shifts, 0)
    padded[: offsets.size] = offsets
    side = steps(LANES, WIDE)
    places_seen = places_of(seen), side, channels_apart(together, seen.plane, together), side
    places_made = places_of(made), side, channels_apart(outer, made.plane, gradients), side
    return WeightPlan(sizes, seen, made, padded, places_seen, places_made)
