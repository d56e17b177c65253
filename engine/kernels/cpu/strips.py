"""Strips: rows of images side by side in the lanes of vectors, so that a position is a vector and padding is zeros.

A strip is some rows of one image. LANES of them are worked on together: element (row, column) of them all is one
vector, and those of a channel make a plane. What a place of a kernel sees of a plane is then the plane from another
vector on, whatever strides, paddings and lengths are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.jit import compiled, inlined
from engine.kernels.cpu.strip_vectors import collect_part, collect_whole, spread_part, spread_whole
from engine.kernels.cpu.vectors import BYTES, LANES, load_single, store_single

# Bytes of a vector.
WIDE = LANES * BYTES
# What lies next to each other in an array: elements of a row, and whole rows; channels; neither; strips.
ROWS_OF_AN_IMAGE, ROWS_APART, CHANNELS, NOTHING, STRIPS = 0, 1, 2, 3, 4


class Images(NamedTuple):
    """Where an array [images, channels, rows, columns] lies: its address, its strides in bytes, what is contiguous."""

    address: int
    image: int
    channel: int
    row: int
    column: int
    layout: int


class Window(NamedTuple):
    """What strips see: `rows` and `columns` that an image has, from plane element (`top`, `left`) on.

    Each strip begins `step` rows behind the last one of its image, of which there are `bands`; several have `top` less
    than `height`. A plane has `height` by `width` vectors and begins `plane` bytes behind another.
    """

    rows: int
    columns: int
    top: int
    left: int
    step: int
    bands: int
    strips: int
    height: int
    width: int
    plane: int


@compiled
def clear(target: int, count: int) -> None:
    """Zeros in so many bytes."""
    for place in range(count // BYTES):
        store_single(target + place * BYTES, np.float32(0))


@compiled
def begin_strips(lies: Images, window: Window, first: int, channel: int, addresses: Any, rows: Any) -> None:
    """For LANES strips from `first` on: the address of row 0, and the number of that row in its image."""
    for lane in range(LANES):
        image, band = divmod(min(first + lane, window.strips - 1), window.bands)
        rows[lane] = band * window.step - window.top
        addresses[lane] = lies.address + image * lies.image + channel * lies.channel + rows[lane] * lies.row
        if first + lane >= window.strips:
            rows[lane] = window.rows


@compiled
def count_rows(window: Window, rows: Any, row: int, more: int, length: int, counts: Any) -> bool:
    """How many elements each strip has of a run that begins in `row` and has `more` rows; whether all have them all."""
    whole = True
    for lane in range(LANES):
        place = rows[lane] + row
        held = min(more, window.rows - place) if place >= 0 else 0
        counts[lane] = max(0, held) * length
        whole = whole and held == more
    return whole


@compiled
def spread(source: Images, window: Window, first: int, channel: int, channels: int, places: Any, target: int) -> None:
    """Copy LANES strips of some channels to planes whose other vectors are zero already; absent strips are zeros.

    `places` holds where a run's elements go, in bytes. A run that ends within a vector writes zeros up to its end: into
    what the next run overwrites, or behind the last plane.
    """
    addresses, rows, counts = np.empty(LANES, np.intp), np.empty(LANES, np.intp), np.empty(LANES, np.intp)
    begin_strips(source, window, first, channel, addresses, rows)
    columns = min(window.columns, window.width - window.left)
    if source.layout == ROWS_OF_AN_IMAGE:
        # Rows above an image are absent in its first strip alone; all others are one run.
        above = window.top
        height = min(window.rows, window.height - above)
        for number in range(channels):
            offset, plane = number * source.channel, target + number * window.plane
            for row in range(above if window.bands > 1 else 0):
                whole = count_rows(window, rows, row, 1, columns, counts)
                line = plane - (above - row) * window.width * WIDE
                spread_run(addresses, offset + row * source.row, counts, columns, whole, line, 0, places)
            whole = count_rows(window, rows, above, height, window.columns, counts)
            offset += above * source.row
            spread_run(addresses, offset, counts, height * window.columns, whole, plane, 0, places)
        return
    if source.layout == CHANNELS:
        for row in range(window.height):
            whole = count_rows(window, rows, row, 1, channels, counts)
            line = target + (row * window.width + window.left) * WIDE
            for column in range(columns):
                offset = row * source.row + column * source.column
                spread_run(addresses, offset, counts, channels, whole, line + column * WIDE, 0, places)
        return
    for number in range(channels):
        for row in range(window.height):
            whole = count_rows(window, rows, row, 1, columns, counts)
            offset = row * source.row + number * source.channel
            line = target + number * window.plane + (row * window.width + window.left) * WIDE
            if source.layout == ROWS_APART:
                spread_run(addresses, offset, counts, columns, whole, line, WIDE, places)
                continue
            for column in range(columns):
                if whole and source.layout == STRIPS:
                    copy_vector(addresses[0] + offset + column * source.column, line + column * WIDE)
                else:
                    spread_one(addresses, offset + column * source.column, counts, line + column * WIDE)


@compiled
def spread_run(
    addresses: Any, offset: int, counts: Any, length: int, whole: bool, target: int, step: int, places: Any
) -> None:
    """One run of each strip; its vectors lie `step` bytes apart, or where `places` says for a step of 0."""
    for done in range(0, length, LANES):
        at = target + done * step
        table = places[0 if step else done :].ctypes.data
        if whole and done + LANES <= length:
            spread_whole(addresses.ctypes.data, offset + done * BYTES, 0, 0, at, table)
        else:
            spread_part(addresses.ctypes.data, offset + done * BYTES, counts.ctypes.data, done, at, table)


@inlined
def copy_vector(source: int, target: int) -> None:
    """One element of each strip, where they lie side by side."""
    for lane in range(LANES):
        store_single(target + lane * BYTES, load_single(source + lane * BYTES))


@compiled
def spread_one(addresses: Any, offset: int, counts: Any, target: int) -> None:
    """One element of each strip."""
    for lane in range(LANES):
        store_single(target + lane * BYTES, load_single(addresses[lane] + offset) if counts[lane] else np.float32(0))


@compiled
def collect(
    source: int,
    target: Images,
    window: Window,
    first: int,
    row: int,
    height: int,
    channel: int,
    channels: int,
    places: Any,
) -> None:
    """Copy `height` rows from `row` of LANES strips to where the images have them.

    `places` holds where a run's elements lie, in bytes. Vectors behind the last one of a run are read too.
    """
    addresses, rows, counts = np.empty(LANES, np.intp), np.empty(LANES, np.intp), np.empty(LANES, np.intp)
    begin_strips(target, window, first, channel, addresses, rows)
    together = target.layout == ROWS_OF_AN_IMAGE
    step, columns = height if together else 1, window.columns
    for done in range(0, height, step):
        whole = count_rows(window, rows, row + done, step, channels if target.layout == CHANNELS else columns, counts)
        line = source + done * window.width * WIDE
        if target.layout == CHANNELS:
            for column in range(columns):
                offset = (row + done) * target.row + column * target.column
                collect_run(line + column * WIDE, 0, places, addresses, offset, counts, channels, whole)
        elif target.layout == NOTHING:
            for number in range(channels):
                for column in range(columns):
                    offset = (row + done) * target.row + column * target.column + number * target.channel
                    collect_one(line + number * window.plane + column * WIDE, addresses, offset, counts)
        else:
            for number in range(channels):
                offset = (row + done) * target.row + number * target.channel
                plane = line + number * window.plane
                collect_run(plane, 0 if together else WIDE, places, addresses, offset, counts, step * columns, whole)


@compiled
def collect_run(
    source: int, step: int, places: Any, addresses: Any, offset: int, counts: Any, length: int, whole: bool
) -> None:
    """One run of each strip; its vectors lie `step` bytes apart, or where `places` says for a step of 0."""
    for done in range(0, length, LANES):
        at = source + done * step
        table = places[0 if step else done :].ctypes.data
        if whole and done + LANES <= length:
            collect_whole(at, table, addresses.ctypes.data, offset + done * BYTES, 0, 0)
        else:
            collect_part(at, table, addresses.ctypes.data, offset + done * BYTES, counts.ctypes.data, done)


@compiled
def collect_one(source: int, addresses: Any, offset: int, counts: Any) -> None:
    """One element of each strip."""
    for lane in range(LANES):
        if counts[lane]:
            store_single(addresses[lane] + offset, load_single(source + lane * BYTES))
