"""What is known of a convolution before its arrays are: strips, windows and shifts, by sizes alone."""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.convolution_axes import Axis, backward, forward
from engine.kernels.cpu.convolution_tiles import SHORT, TALL
from engine.kernels.cpu.strips import WIDE, Window
from engine.kernels.cpu.vectors import LANES

Shape = tuple[int, ...]

# Planes of more bytes are cut into strips, unless as many rows again would overlap.
PLANES_BYTES = 3 << 18
OVERLAP = 4
# Results of this many bytes are collected at a time: they stay in a second-level cache.
RESULTS_BYTES = 3 << 16
# Strips are cut to so many rows to have work for all threads.
FEWEST_ROWS = 4


class Sizes(NamedTuple):
    """The numbers that the loops read.

    A group sees `inner` channels and makes `outer`, in `outputs` rows of tiles that are `height` high. A task is one
    group of LANES strips, which have `rows` positions each; `bunch` of them are computed before they are collected.
    Positions lie `step_y` rows and `step_x` columns apart in the planes, `jump` rows apart in the result.
    """

    groups: int
    inner: int
    outer: int
    outputs: int
    height: int
    weights: int
    tasks: int
    rows: int
    bunch: int
    step_y: int
    step_x: int
    jump: int
    planes: int
    results: int


class Plan(NamedTuple):
    """Sizes, what strips see and make, and tables of int64.

    Places: where the elements of a run go in planes, or come from in results, in bytes; one table for each layout.

    Phases: first, step and count along y, the same along x, then the depth of the product and where its offsets, taps
    and weights (elements of one group) begin. Offsets: bytes from a position to what it sees, for each channel and tap.
    Taps: places in the kernel along y and x.
    """

    sizes: Sizes
    seen: Window
    made: Window
    phases: Any
    offsets: Any
    taps: Any
    places_seen: tuple[Any, Any, Any, Any]
    places_made: tuple[Any, Any, Any, Any]


@lru_cache(maxsize=256)
def forward_plan(threads: int, batch: int, channels: Shape, groups: int, *walks: Shape) -> Plan:
    """A convolution from and to so many channels a group; a walk is what `convolution_axes.forward` takes."""
    return _plan(threads, batch, channels, groups, [forward(*walk) for walk in walks])


@lru_cache(maxsize=256)
def backward_plan(threads: int, batch: int, channels: Shape, groups: int, *walks: Shape) -> Plan:
    """The adjoint from and to so many channels a group; a walk is what `convolution_axes.backward` takes."""
    return _plan(threads, batch, channels, groups, [backward(*walk) for walk in walks])


def up(number: int, step: int) -> int:
    """The next multiple."""
    return -(-number // step) * step


def tile_height(outputs: int) -> int:
    """Rows of the tile that suits so many outputs."""
    return TALL if outputs > SHORT else SHORT if outputs > 1 else 1


def _plan(threads: int, batch: int, channels: Shape, groups: int, axes: list[Axis]) -> Plan:
    inner, outer = channels
    down, across = axes
    height = tile_height(outer)
    outputs = up(outer, height)
    rows = strip_rows(threads, batch, inner, groups, down, across)
    seen = window_of(batch, rows, down, across)
    jump = down.phases[0].step
    bunch = min(rows, max(1, RESULTS_BYTES // max(1, outputs * jump * across.result * WIDE)))
    made = Window(
        down.result,
        across.result,
        0,
        0,
        rows * jump,
        seen.bands,
        seen.strips,
        bunch * jump,
        across.result,
        apart(bunch * jump * across.result),
    )
    phases, offsets, taps, weights = tables_of(inner, outputs, seen, axes)
    sizes = Sizes(
        groups,
        inner,
        outer,
        outputs,
        height,
        weights,
        -(-seen.strips // LANES) * groups,
        rows,
        bunch,
        down.step,
        across.step,
        jump,
        (inner + 1) * seen.plane + LANES * WIDE,
        outputs * made.plane + LANES * WIDE,
    )
    side = steps(LANES, WIDE)
    places_seen = places_of(seen), side, channels_apart(inner, seen.plane, inner), side
    places_made = places_of(made), side, channels_apart(outer, made.plane, 0), side
    return Plan(sizes, seen, made, phases, offsets, taps, places_seen, places_made)


def strip_rows(threads: int, batch: int, inner: int, groups: int, down: Axis, across: Axis) -> int:
    """How many rows of positions a strip has: such that planes fit a cache, lanes are full and threads have work."""
    count = max(1, down.positions)
    if down.before > down.farthest:
        # A strip could lie in the padding as a whole.
        return count
    fitting = PLANES_BYTES // (inner * across.reach(max(1, across.positions)) * WIDE)
    most = max((fitting - down.farthest - 1) // down.step + 1, OVERLAP * (down.farthest + 1) // down.step, 1)
    wanted = -(-2 * threads * LANES // (groups * batch)) if threads > 1 else 1
    fewest = max(-(-count // most), min(-(-LANES // batch), count), min(wanted, count // FEWEST_ROWS))

    def cost(bands: int) -> int:
        return -(-batch * bands // LANES) * (8 * -(-count // bands) + down.farthest)

    return -(-count // min(range(fewest, min(count, 4 * fewest) + 1), key=cost))


def window_of(batch: int, rows: int, down: Axis, across: Axis) -> Window:
    """What strips of so many rows of positions see; planes end with a vector for what nobody sees."""
    bands = -(-max(1, down.positions) // rows)
    height, width = down.reach(rows), across.reach(max(1, across.positions))
    plane = apart(height * width + 1)
    return Window(
        down.length,
        across.length,
        down.before,
        across.before,
        rows * down.step,
        bands,
        batch * bands,
        height,
        width,
        plane,
    )


def places_of(seen: Window) -> Any:
    """Where the elements of a whole image go in a plane; those that nothing sees go to the first vector behind it."""
    nowhere = seen.height * seen.width
    rows = np.arange(max(0, seen.height - seen.top))[:, None] + seen.top
    columns = np.arange(seen.columns) + seen.left
    places = np.where(columns < seen.width, rows * seen.width + columns, nowhere).reshape(-1)
    behind = np.full(up(places.size, LANES) - places.size, nowhere)
    return np.concatenate([places, behind]).astype(np.int64) * WIDE


def tables_of(inner: int, outputs: int, seen: Window, axes: list[Axis]) -> tuple[Any, Any, Any, int]:
    """Phases, offsets and taps as in `Plan`, and how many weights a group has."""
    down, across = axes
    phases: list[Shape] = []
    offsets: list[int] = []
    taps: list[Shape] = []
    weights = 0
    for below, beside in itertools.product(range(len(down.phases)), range(len(across.phases))):
        pairs = [
            (vertical, horizontal)
            for vertical in down.taps
            for horizontal in across.taps
            if (vertical.phase, horizontal.phase) == (below, beside)
        ]
        depth = inner * len(pairs)
        phases.append((*down.phases[below], *across.phases[beside], depth, len(offsets), len(taps), weights))
        weights += depth * outputs
        taps += [(vertical.place, horizontal.place) for vertical, horizontal in pairs]
        shifts = [(vertical.shift * seen.width + horizontal.shift) * WIDE for vertical, horizontal in pairs]
        offsets += [channel * seen.plane + shift for channel in range(inner) for shift in shifts]
    return table(phases, 10), np.array(offsets, np.int64), table(taps, 2), weights


def table(rows: Any, width: int) -> Any:
    """Rows of int64."""
    return np.array(rows, np.int64).reshape(-1, width)


def steps(count: int, step: int) -> Any:
    """Zero, step, 2 · step, and so on."""
    return np.arange(count, dtype=np.int64) * step


def channels_apart(count: int, plane: int, otherwise: int) -> Any:
    """Where planes begin; what a vector has besides `count` channels goes to, or comes from, another plane."""
    places = np.arange(up(count, LANES), dtype=np.int64)
    return np.where(places < count, places, otherwise) * plane


def apart(vectors: int) -> int:
    """Bytes for so many vectors, an odd number of cache lines: planes then fall on all sets of a cache."""
    return (vectors | 1) * WIDE
