"""Attention backward: each tile of weights is made anew from log-sum-exps, and gradients are added up tile by tile."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.attention_tiles import (
    COLUMNS,
    WIDE,
    Heads,
    Inputs,
    Rules,
    Sizes,
    clear,
    filled,
    hide,
    keep,
    matrix,
    multiply_by,
    multiply_tiles,
    pack_queries,
    raise_powers,
    write_queries,
)
from engine.kernels.cpu.attention_vectors import add_down, subtract_down
from engine.kernels.cpu.gemm import pack_left, pack_right, panels
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.vectors import BYTES, copy_right, load_single, store_single

_ZERO, _HIDDEN = np.float32(0), np.float32(-np.inf)


class Gradients(NamedTuple):
    """Where a call's gradients are to lie, rows without gaps between their elements."""

    query: Heads
    key: Heads
    value: Heads


class Room(NamedTuple):
    """Where everything lies in a thread's memory, counted in float32; `each` is how much of it one thread has."""

    keys: int
    values: int
    turned: int
    queries: int
    slopes: int
    outputs: int
    weights: int
    scores: int
    packed: int
    right: int
    mixed: int
    to_keys: int
    to_values: int
    lanes: int
    kept: int
    each: int


@compiled
def _begin(shift: Any, against: Any, sums: int, count: int, slopes: Any, outputs: Any) -> None:
    """Log-sum-exps, zero for queries that see nothing, and minus Σ slope output, query by query."""
    for query in range(COLUMNS):
        total = load_single(sums + query * BYTES) if query < count else _ZERO
        shift[query] = _ZERO if total == _HIDDEN else total
        against[query] = _ZERO
    for place in range(outputs.size):
        outputs[place] *= -slopes[place]
    add_down(outputs.ctypes.data, outputs.size // COLUMNS, against.ctypes.data)


@compiled
def _weigh(scores: Any, weights: Any) -> None:
    for place in range(scores.size):
        scores[place] *= weights[place]


@compiled
def _weigh_kept(scores: Any, weights: Any, kept: Any, against: Any, seen: int, share: Any) -> None:
    """From slopes of dropped weights those of scores, and from weights what dropout makes of them."""
    for key in range(seen):
        begin, end = key * COLUMNS, (key + 1) * COLUMNS
        slope, weight, stays = scores[begin:end], weights[begin:end], kept[begin:end]
        for query in range(COLUMNS):
            through = share * slope[query] if stays[query] else _ZERO
            slope[query] = weight[query] * (through + against[query])
            weight[query] = share * weight[query] if stays[query] else _ZERO


@compiled
def _add_product(tile: Any, seen: int, right: Any, count: int, width: int, packed: int, target: Any) -> None:
    """Add to each key's row, in panels COLUMNS wide, the sum over the tile's queries of rows of `right`."""
    clear(tile[seen * COLUMNS : filled(seen) * COLUMNS])
    pack_left(tile.ctypes.data, WIDE, BYTES, filled(seen), count, packed)
    wide = panels(width, COLUMNS)
    for number in range(wide):
        place = target[number * (target.size // wide) :].ctypes.data
        factor = right[number * count * COLUMNS :].ctypes.data
        multiply_tiles(packed, count, factor, seen, count, place, place, WIDE)


@compiled
def _write_panels(source: Any, rows: int, columns: int, target: int, row: int) -> None:
    """Copy a matrix in panels COLUMNS wide to rows that begin `row` bytes apart."""
    panel = source.size // panels(columns, COLUMNS)
    for first in range(0, columns, COLUMNS):
        for number in range(rows):
            held = source[first // COLUMNS * panel + number * COLUMNS :]
            place = target + number * row + first * BYTES
            if first + COLUMNS <= columns:
                copy_right(held.ctypes.data, place)
            else:
                for column in range(columns - first):
                    store_single(place + column * BYTES, held[column])


@compiled
def _descend(
    first: int,
    last: int,
    upstream: Heads,
    inputs: Inputs,
    output: Heads,
    sums: int,
    gradients: Gradients,
    sizes: Sizes,
    rules: Rules,
    memory: Any,
    room: Room,
) -> None:
    query, key, value, mask = inputs
    keys, values = memory[room.keys :].ctypes.data, memory[room.values :].ctypes.data
    turned = memory[room.turned : room.queries]
    queries, slopes = memory[room.queries : room.slopes], memory[room.slopes : room.outputs]
    outputs, weights = memory[room.outputs : room.weights], memory[room.weights : room.scores]
    scores, packed = memory[room.scores : room.packed], memory[room.packed :].ctypes.data
    right, mixed = memory[room.right : room.mixed], memory[room.mixed : room.to_keys]
    to_keys, to_values = memory[room.to_keys : room.to_values], memory[room.to_values : room.lanes]
    lanes, kept = memory[room.lanes : room.kept], memory[room.kept : room.each].view(np.uint8)
    shift, against, zeros = lanes[:COLUMNS], lanes[COLUMNS : 2 * COLUMNS], lanes[2 * COLUMNS :]
    clear(zeros)
    for pair in range(first, last):
        here = matrix(key, sizes.heads, pair)
        pack_left(here, key.row, key.column, sizes.keys, sizes.features, keys)
        pack_left(here, key.column, key.row, sizes.features, sizes.keys, turned.ctypes.data)
        multiply_by(turned, rules.scale)
        pack_left(matrix(value, sizes.heads, pair), value.row, value.column, sizes.keys, sizes.width, values)
        clear(to_keys)
        clear(to_values)
        for top in range(0, sizes.queries, COLUMNS):
            number = pair * sizes.queries + top
            count = min(COLUMNS, sizes.queries - top)
            seen = min(sizes.keys, top + count) if rules.is_causal else sizes.keys
            here, above = matrix(query, sizes.heads, pair), matrix(upstream, sizes.heads, pair)
            pack_queries(here, query, top, count, sizes.features, queries)
            multiply_by(queries, rules.scale)
            pack_queries(above, upstream, top, count, sizes.width, slopes)
            pack_queries(matrix(output, sizes.heads, pair), output, top, count, sizes.width, outputs)
            extent = sizes.width * COLUMNS
            _begin(shift, against, sums + number * BYTES, count, slopes[:extent], outputs[:extent])

            at_weights, at_scores, nothing = weights.ctypes.data, scores.ctypes.data, zeros.ctypes.data
            multiply_tiles(keys, sizes.features, queries.ctypes.data, seen, sizes.features, at_weights, nothing, 0)
            hide(weights, seen, top, count, rules, matrix(mask, sizes.heads, pair), mask)
            subtract_down(at_weights, seen, shift.ctypes.data)
            raise_powers(weights[: seen * COLUMNS])
            start = nothing if rules.drops else against.ctypes.data
            multiply_tiles(values, sizes.width, slopes.ctypes.data, seen, sizes.width, at_scores, start, 0)
            if rules.drops:
                keep(kept, number * sizes.keys, sizes.keys, seen, rules)
                _weigh_kept(scores, weights, kept, against, seen, rules.share)
            else:
                _weigh(scores[: seen * COLUMNS], weights[: seen * COLUMNS])

            pack_right(above + top * upstream.row, upstream.row, upstream.column, count, sizes.width, right.ctypes.data)
            _add_product(weights, seen, right, count, sizes.width, packed, to_values)
            pack_right(here + top * query.row, query.row, query.column, count, sizes.features, right.ctypes.data)
            _add_product(scores, seen, right, count, sizes.features, packed, to_keys)
            multiply_tiles(
                turned.ctypes.data, sizes.keys, at_scores, sizes.features, seen, mixed.ctypes.data, nothing, 0
            )
            target, row = matrix(gradients.query, sizes.heads, pair), gradients.query.row
            write_queries(mixed, count, sizes.features, target + top * row, row)
        multiply_by(to_keys, rules.scale)
        target, row = matrix(gradients.key, sizes.heads, pair), gradients.key.row
        _write_panels(to_keys, sizes.keys, sizes.features, target, row)
        target, row = matrix(gradients.value, sizes.heads, pair), gradients.value.row
        _write_panels(to_values, sizes.keys, sizes.width, target, row)


@parallel
def descend(
    upstream: Heads,
    query: Heads,
    key: Heads,
    value: Heads,
    mask: Heads,
    output: Heads,
    sums: int,
    to_query: Heads,
    to_key: Heads,
    to_value: Heads,
    sizes: Sizes,
    rules: Rules,
    memory: Any,
    room: Room,
    pieces: int,
) -> None:
    """Gradients of all heads, cut into pieces that have a thread's memory each."""
    for piece in prange(pieces):
        first, last = sizes.pairs * piece // pieces, sizes.pairs * (piece + 1) // pieces
        own = memory[piece * room.each : (piece + 1) * room.each]
        inputs, gradients = Inputs(query, key, value, mask), Gradients(to_query, to_key, to_value)
        _descend(first, last, upstream, inputs, output, sums, gradients, sizes, rules, own, room)
