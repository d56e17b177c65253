"""Tiles of attention: scores of COLUMNS queries side by side, a row for each key, so that softmax runs down columns.

Laid out so, a tile is at once the right factor, packed, of a product with keys or values.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.attention_vectors import load_truth
from engine.kernels.cpu.exponential import exp
from engine.kernels.cpu.gemm import pack_right
from engine.kernels.cpu.jit import compiled, inlined
from engine.kernels.cpu.philox import block_words
from engine.kernels.cpu.strip_vectors import collect_part, collect_whole, spread_part, spread_whole
from engine.kernels.cpu.vectors import BYTES, COLUMNS, LANES, ROWS, load_single, multiply_tile

# Bytes from one row of a tile to the next.
WIDE = COLUMNS * BYTES
# What a mask holds.
NO_MASK, SEEN, ADDED = 0, 1, 2
_HIDDEN = np.float32(-np.inf)


# A call hands over its numbers in one row, as Numba takes long over parallel loops with many arguments: sizes and rules
# in the order of their fields, then where each array lies.
HEADS = 12


class Heads(NamedTuple):
    """Where the matrices of all heads of a batch lie: the address of the first one, and strides in bytes."""

    address: int
    batch: int
    head: int
    row: int
    column: int


class Sizes(NamedTuple):
    """How many there are: heads in all and in one example, `features` of queries and keys, `width` of values."""

    pairs: int
    heads: int
    queries: int
    keys: int
    features: int
    width: int


class Rules(NamedTuple):
    """What a call's attributes say: who sees whom, what scores are multiplied by, and which weights are left out.

    Dropout keeps the weights whose random words lie below `threshold`, and multiplies them by `share`.
    """

    is_causal: bool
    mask: int
    drops: bool
    seed: np.uint64
    offset: np.uint64
    threshold: np.uint64
    scale: np.float32
    share: np.float32


@compiled
def sizes_in(numbers: Any) -> Sizes:
    """The sizes among a call's numbers."""
    return Sizes(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5])


@compiled
def rules_in(numbers: Any, scale: Any, share: Any) -> Rules:
    """The rules among a call's numbers, with those of its factors that are no whole numbers."""
    seed, offset, threshold = np.uint64(numbers[9]), np.uint64(numbers[10]), np.uint64(numbers[11])
    return Rules(numbers[6] != 0, numbers[7], numbers[8] != 0, seed, offset, threshold, scale, share)


@compiled
def heads_in(numbers: Any, number: int) -> Heads:
    """Where one of a call's arrays lies; without a mask its place stands for nothing."""
    at = HEADS + 5 * number
    return Heads(numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3], numbers[at + 4])


@compiled
def part(memory: Any, ends: Any, number: int) -> Any:
    """One of the parts of memory that end at these places."""
    return memory[ends[number - 1] if number else 0 : ends[number]]


@inlined
def matrix(lies: Any, heads: int, pair: int) -> int:
    """The address of one matrix."""
    return lies.address + pair // heads * lies.batch + pair % heads * lies.head


@inlined
def filled(count: int) -> int:
    """Rows of whole panels that hold so many."""
    return (count + ROWS - 1) // ROWS * ROWS


@compiled
def multiply_tiles(
    left: int, left_depth: int, right: int, rows: int, depth: int, target: int, start: int, stride: int
) -> None:
    """Target = start + left right, COLUMNS wide, whole panels of rows; `left` was packed with `left_depth` columns.

    Rows of `start` lie `stride` bytes apart; with a stride of 0 it is one row.
    """
    for top in range(0, rows, ROWS):
        panel, place = left + top * left_depth * BYTES, target + top * WIDE
        multiply_tile(panel, right, place, depth, WIDE, start + top * stride, stride, _HIDDEN)


@inlined
def _lanes() -> Any:
    return np.empty(LANES, np.intp)


@compiled
def pack_queries(source: int, lies: Heads, first: int, count: int, features: int, target: Any) -> None:
    """Some rows of a matrix, transposed: feature by feature, COLUMNS queries side by side, zeros where there are none.

    Features are filled up to whole vectors.
    """
    begin = source + first * lies.row
    if lies.column != BYTES:
        pack_right(begin, lies.column, lies.row, features, count, target.ctypes.data)
        return
    addresses, places, counts = _lanes(), _lanes(), _lanes()
    for part in range(0, COLUMNS, LANES):
        for lane in range(LANES):
            addresses[lane] = begin + (part + lane) * lies.row
            counts[lane] = features if part + lane < count else 0
            places[lane] = lane * WIDE
        for done in range(0, features, LANES):
            at = target[done * COLUMNS + part :].ctypes.data
            if done + LANES <= features and part + LANES <= count:
                spread_whole(addresses.ctypes.data, done * BYTES, 0, 0, at, places.ctypes.data)
            else:
                spread_part(addresses.ctypes.data, done * BYTES, counts.ctypes.data, done, at, places.ctypes.data)


@compiled
def write_queries(source: Any, count: int, features: int, target: int, row: int) -> None:
    """Write what is feature by feature, as `pack_queries` has it, into rows `row` bytes apart."""
    addresses, places, counts = _lanes(), _lanes(), _lanes()
    for part in range(0, COLUMNS, LANES):
        for lane in range(LANES):
            addresses[lane] = target + (part + lane) * row
            counts[lane] = features if part + lane < count else 0
            places[lane] = lane * WIDE
        for done in range(0, features, LANES):
            at = source[done * COLUMNS + part :].ctypes.data
            if done + LANES <= features and part + LANES <= count:
                collect_whole(at, places.ctypes.data, addresses.ctypes.data, done * BYTES, 0, 0)
            else:
                collect_part(at, places.ctypes.data, addresses.ctypes.data, done * BYTES, counts.ctypes.data, done)


@compiled
def hide(tile: Any, seen: int, first: int, count: int, rules: Rules, mask: int, lies: Heads) -> None:
    """Apply a mask to the scores of `count` queries from `first` on, and hide the keys that come later."""
    if rules.mask != NO_MASK:
        for key in range(seen):
            row = tile[key * COLUMNS : (key + 1) * COLUMNS]
            place = mask + first * lies.row + key * lies.column
            for query in range(count):
                if rules.mask == ADDED:
                    row[query] += load_single(place + query * lies.row)
                else:
                    row[query] = row[query] if load_truth(place + query * lies.row) else _HIDDEN
    if rules.is_causal:
        block = tile[first * COLUMNS : seen * COLUMNS]
        for place in range(block.size):
            block[place] = _HIDDEN if place % COLUMNS < place // COLUMNS else block[place]


@compiled
def raise_powers(scores: Any) -> None:
    """exp, elementwise."""
    for place in range(scores.size):
        scores[place] = exp(scores[place])


@compiled
def clear(values: Any) -> None:
    """Zeros."""
    for place in range(values.size):
        values[place] = np.float32(0)


@compiled
def multiply_by(values: Any, factor: Any) -> None:
    """Each element times a number."""
    for place in range(values.size):
        values[place] *= factor


@compiled
def keep(kept: Any, first: int, step: int, seen: int, rules: Rules) -> None:
    """Which weights of a tile dropout keeps, whose queries' first elements are `step` apart in the draw.

    Words come in blocks of four along a row of weights, and such a row may begin within a block.
    """
    for block in range((seen + 6) // 4):
        part = kept[block * 4 * COLUMNS : (block + 1) * 4 * COLUMNS]
        for query in range(COLUMNS):
            number = np.uint64((first + query * step) // 4 + block)
            w0, w1, w2, w3 = block_words(number, rules.offset, rules.seed)
            part[query] = w0 < rules.threshold
            part[query + COLUMNS] = w1 < rules.threshold
            part[query + 2 * COLUMNS] = w2 < rules.threshold
            part[query + 3 * COLUMNS] = w3 < rules.threshold
    if first % 4 or step % 4:
        for query in range(COLUMNS):
            late = (first + query * step) % 4
            for key in range(seen):
                kept[key * COLUMNS + query] = kept[(key + late) * COLUMNS + query]
