"""Attention backward: each tile of weights is made anew from log-sum-exps, and gradients are added up tile by tile."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.attention_tiles import (
    COLUMNS,
    WIDE,
    Heads,
    Rules,
    Sizes,
    clear,
    filled,
    heads_in,
    hide,
    keep,
    matrix,
    multiply_by,
    multiply_tiles,
    pack_queries,
    part,
    raise_powers,
    rules_in,
    sizes_in,
    write_queries,
)
from engine.kernels.cpu.attention_vectors import add_down, subtract_down
from engine.kernels.cpu.gemm import pack_left, pack_right, panels
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.vectors import BYTES, copy_right, load_single, store_single

_ZERO, _HIDDEN = np.float32(0), np.float32(-np.inf)


class Parts(NamedTuple):
    """What a thread works in: matrices of a head, of a tile, sums over tiles, and a number for each query of a tile.

    `turned` are the keys transposed and times the scale; `slopes` the gradients of outputs; `scores` their gradients;
    `to_keys` and `to_values` are in panels COLUMNS wide; `against` is minus Σ slope output.
    """

    keys: Any
    turned: Any
    values: Any
    queries: Any
    slopes: Any
    outputs: Any
    weights: Any
    scores: Any
    packed: Any
    right: Any
    mixed: Any
    to_keys: Any
    to_values: Any
    kept: Any
    sums: Any
    against: Any
    zeros: Any


@compiled
def _cut(memory: Any, ends: Any) -> Parts:
    """A thread's memory in parts, which end at these places."""
    lanes = part(memory, ends, 14)
    return Parts(
        part(memory, ends, 0),
        part(memory, ends, 1),
        part(memory, ends, 2),
        part(memory, ends, 3),
        part(memory, ends, 4),
        part(memory, ends, 5),
        part(memory, ends, 6),
        part(memory, ends, 7),
        part(memory, ends, 8),
        part(memory, ends, 9),
        part(memory, ends, 10),
        part(memory, ends, 11),
        part(memory, ends, 12),
        part(memory, ends, 13).view(np.uint8),
        lanes[:COLUMNS],
        lanes[COLUMNS : 2 * COLUMNS],
        lanes[2 * COLUMNS :],
    )


@compiled
def _begin_head(parts: Parts, key: Heads, value: Heads, pair: int, sizes: Sizes, rules: Rules) -> None:
    """Pack the keys, lying and standing, and the values; nothing is added up yet."""
    keys, values = matrix(key, sizes.heads, pair), matrix(value, sizes.heads, pair)
    pack_left(keys, key.row, key.column, sizes.keys, sizes.features, parts.keys.ctypes.data)
    pack_left(keys, key.column, key.row, sizes.features, sizes.keys, parts.turned.ctypes.data)
    multiply_by(parts.turned, rules.scale)
    pack_left(values, value.row, value.column, sizes.keys, sizes.width, parts.values.ctypes.data)
    clear(parts.to_keys)
    clear(parts.to_values)
    clear(parts.zeros)


@compiled
def _begin_tile(parts: Parts, sums: int, count: int, width: int) -> None:
    """Log-sum-exps, zero for queries that see nothing, and minus Σ slope output, query by query."""
    own, against = parts.sums, parts.against
    slopes, outputs = parts.slopes[: width * COLUMNS], parts.outputs[: width * COLUMNS]
    for query in range(COLUMNS):
        total = load_single(sums + query * BYTES) if query < count else _ZERO
        own[query] = _ZERO if total == _HIDDEN else total
        against[query] = _ZERO
    for place in range(outputs.size):
        outputs[place] *= -slopes[place]
    add_down(outputs.ctypes.data, width, against.ctypes.data)


@compiled
def _weigh(scores: Any, weights: Any) -> None:
    for place in range(scores.size):
        scores[place] *= weights[place]


@compiled
def _weigh_kept(parts: Parts, seen: int, share: Any) -> None:
    """From slopes of dropped weights those of scores, and from weights what dropout makes of them."""
    against = parts.against
    for key in range(seen):
        begin, end = key * COLUMNS, (key + 1) * COLUMNS
        slope, weight, stays = parts.scores[begin:end], parts.weights[begin:end], parts.kept[begin:end]
        for query in range(COLUMNS):
            through = share * slope[query] if stays[query] else _ZERO
            slope[query] = weight[query] * (through + against[query])
            weight[query] = share * weight[query] if stays[query] else _ZERO


@compiled
def _make_tile(
    parts: Parts, mask: Heads, pair: int, top: int, count: int, seen: int, sizes: Sizes, rules: Rules
) -> None:
    """The weights of a tile as they were used, and the gradients of its scores."""
    weights, scores, zeros = parts.weights.ctypes.data, parts.scores.ctypes.data, parts.zeros.ctypes.data
    keys, queries = parts.keys.ctypes.data, parts.queries.ctypes.data
    multiply_tiles(keys, sizes.features, queries, seen, sizes.features, weights, zeros, 0)
    hide(parts.weights, seen, top, count, rules, matrix(mask, sizes.heads, pair), mask)
    subtract_down(weights, seen, parts.sums.ctypes.data)
    raise_powers(parts.weights[: seen * COLUMNS])
    values, slopes = parts.values.ctypes.data, parts.slopes.ctypes.data
    start = zeros if rules.drops else parts.against.ctypes.data
    multiply_tiles(values, sizes.width, slopes, seen, sizes.width, scores, start, 0)
    if rules.drops:
        keep(parts.kept, (pair * sizes.queries + top) * sizes.keys, sizes.keys, seen, rules)
        _weigh_kept(parts, seen, rules.share)
    else:
        _weigh(parts.scores[: seen * COLUMNS], parts.weights[: seen * COLUMNS])


@compiled
def _add_product(parts: Parts, tile: Any, seen: int, source: int, lies: Heads, count: int, width: int, to: Any) -> None:
    """Add to each key's row, in panels COLUMNS wide, the sum over the tile's queries of rows of a matrix."""
    pack_right(source, lies.row, lies.column, count, width, parts.right.ctypes.data)
    clear(tile[seen * COLUMNS : filled(seen) * COLUMNS])
    pack_left(tile.ctypes.data, WIDE, BYTES, filled(seen), count, parts.packed.ctypes.data)
    wide = panels(width, COLUMNS)
    for number in range(wide):
        target = to[number * (to.size // wide) :].ctypes.data
        factor = parts.right[number * count * COLUMNS :].ctypes.data
        multiply_tiles(parts.packed.ctypes.data, count, factor, seen, count, target, target, WIDE)


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
def _descend(first: int, last: int, numbers: Any, scale: Any, share: Any, memory: Any, ends: Any) -> None:
    sizes, rules, parts = sizes_in(numbers), rules_in(numbers, scale, share), _cut(memory, ends)
    query, key, value, mask = heads_in(numbers, 0), heads_in(numbers, 1), heads_in(numbers, 2), heads_in(numbers, 3)
    output, sums, upstream = heads_in(numbers, 4), heads_in(numbers, 5), heads_in(numbers, 6)
    to_query, to_key, to_value = heads_in(numbers, 7), heads_in(numbers, 8), heads_in(numbers, 9)
    for pair in range(first, last):
        _begin_head(parts, key, value, pair, sizes, rules)
        here, above = matrix(query, sizes.heads, pair), matrix(upstream, sizes.heads, pair)
        for top in range(0, sizes.queries, COLUMNS):
            count = min(COLUMNS, sizes.queries - top)
            seen = min(sizes.keys, top + count) if rules.is_causal else sizes.keys
            pack_queries(here, query, top, count, sizes.features, parts.queries)
            multiply_by(parts.queries, rules.scale)
            pack_queries(above, upstream, top, count, sizes.width, parts.slopes)
            pack_queries(matrix(output, sizes.heads, pair), output, top, count, sizes.width, parts.outputs)
            _begin_tile(parts, sums.address + (pair * sizes.queries + top) * BYTES, count, sizes.width)
            _make_tile(parts, mask, pair, top, count, seen, sizes, rules)

            source = above + top * upstream.row
            _add_product(parts, parts.weights, seen, source, upstream, count, sizes.width, parts.to_values)
            source = here + top * query.row
            _add_product(parts, parts.scores, seen, source, query, count, sizes.features, parts.to_keys)
            turned, scores, mixed = parts.turned.ctypes.data, parts.scores.ctypes.data, parts.mixed.ctypes.data
            zeros = parts.zeros.ctypes.data
            multiply_tiles(turned, sizes.keys, scores, sizes.features, seen, mixed, zeros, 0)
            target = matrix(to_query, sizes.heads, pair) + top * to_query.row
            write_queries(parts.mixed, count, sizes.features, target, to_query.row)
        multiply_by(parts.to_keys, rules.scale)
        _write_panels(parts.to_keys, sizes.keys, sizes.features, matrix(to_key, sizes.heads, pair), to_key.row)
        _write_panels(parts.to_values, sizes.keys, sizes.width, matrix(to_value, sizes.heads, pair), to_value.row)


@parallel
def descend(numbers: Any, scale: Any, share: Any, memory: Any, ends: Any, pieces: int) -> None:
    """Gradients of all heads in pieces, which have parts of memory of their own up to these places.

    Arrays are query, key, value, mask, output, log-sum-exps, upstream, and the gradients of query, key and value.
    """
    pairs, each = numbers[0], ends[-1]
    for piece in prange(pieces):
        first, last = pairs * piece // pieces, pairs * (piece + 1) // pieces
        _descend(first, last, numbers, scale, share, memory[piece * each : (piece + 1) * each], ends)
