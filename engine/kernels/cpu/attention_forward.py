"""Attention forward: tiles of scores, their softmax and its product with the values, one head at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.attention_tiles import (
    COLUMNS,
    clear,
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
from engine.kernels.cpu.attention_vectors import add_down, multiply_down, raise_down, subtract_down
from engine.kernels.cpu.exponential import divided, log
from engine.kernels.cpu.gemm import pack_left
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.vectors import BYTES, store_single

_ZERO, _HIDDEN, _LOWEST = np.float32(0), np.float32(-np.inf), np.finfo(np.float32).min


class Parts(NamedTuple):
    """What a thread works in; matrices are packed or a tile wide, and the last three have a number for each query."""

    keys: Any
    values: Any
    queries: Any
    tile: Any
    mixed: Any
    kept: Any
    highest: Any
    total: Any
    zeros: Any


@compiled
def _cut(memory: Any, ends: Any) -> Parts:
    """A thread's memory in parts, which end at these places."""
    lanes = part(memory, ends, 6)
    return Parts(
        part(memory, ends, 0),
        part(memory, ends, 1),
        part(memory, ends, 2),
        part(memory, ends, 3),
        part(memory, ends, 4),
        part(memory, ends, 5).view(np.uint8),
        lanes[:COLUMNS],
        lanes[COLUMNS : 2 * COLUMNS],
        lanes[2 * COLUMNS :],
    )


@compiled
def _soften(parts: Parts, seen: int) -> None:
    """Scores become powers exp(score - highest), which are added up, column by column."""
    tile, highest, total = parts.tile, parts.highest, parts.total
    for query in range(COLUMNS):
        highest[query], total[query] = _LOWEST, _ZERO
    raise_down(tile.ctypes.data, seen, highest.ctypes.data)
    subtract_down(tile.ctypes.data, seen, highest.ctypes.data)
    raise_powers(tile[: seen * COLUMNS])
    add_down(tile.ctypes.data, seen, total.ctypes.data)


@compiled
def _drop(tile: Any, seen: int, kept: Any) -> None:
    for place in range(seen * COLUMNS):
        tile[place] = tile[place] if kept[place] else _ZERO


@compiled
def _finish(parts: Parts, count: int, sums: int, share: Any) -> None:
    """Write log-sum-exps; totals become what outputs are multiplied by. A query that sees nothing has -inf and zero."""
    highest, total = parts.highest, parts.total
    for query in range(count):
        is_blind = total[query] == _ZERO
        store_single(sums + query * BYTES, _HIDDEN if is_blind else highest[query] + log(total[query]))
        total[query] = _ZERO if is_blind else divided(share, total[query])


@compiled
def _attend(first: int, last: int, numbers: Any, scale: Any, share: Any, memory: Any, ends: Any) -> None:
    sizes, rules, parts = sizes_in(numbers), rules_in(numbers, scale, share), _cut(memory, ends)
    query, key, value = heads_in(numbers, 0), heads_in(numbers, 1), heads_in(numbers, 2)
    mask, output, sums = heads_in(numbers, 3), heads_in(numbers, 4), heads_in(numbers, 5)
    keys, values, queries = parts.keys.ctypes.data, parts.values.ctypes.data, parts.queries.ctypes.data
    tile, mixed, zeros = parts.tile.ctypes.data, parts.mixed.ctypes.data, parts.zeros.ctypes.data
    clear(parts.zeros)
    for pair in range(first, last):
        pack_left(matrix(key, sizes.heads, pair), key.row, key.column, sizes.keys, sizes.features, keys)
        pack_left(matrix(value, sizes.heads, pair), value.column, value.row, sizes.width, sizes.keys, values)
        for top in range(0, sizes.queries, COLUMNS):
            number = pair * sizes.queries + top
            count = min(COLUMNS, sizes.queries - top)
            seen = min(sizes.keys, top + count) if rules.is_causal else sizes.keys
            pack_queries(matrix(query, sizes.heads, pair), query, top, count, sizes.features, parts.queries)
            multiply_by(parts.queries, rules.scale)
            multiply_tiles(keys, sizes.features, queries, seen, sizes.features, tile, zeros, 0)
            hide(parts.tile, seen, top, count, rules, matrix(mask, sizes.heads, pair), mask)
            _soften(parts, seen)
            if rules.drops:
                keep(parts.kept, number * sizes.keys, sizes.keys, seen, rules)
                _drop(parts.tile, seen, parts.kept)
            multiply_tiles(values, sizes.keys, tile, sizes.width, seen, mixed, zeros, 0)
            _finish(parts, count, sums.address + number * BYTES, rules.share)
            multiply_down(mixed, sizes.width, parts.total.ctypes.data)
            target = matrix(output, sizes.heads, pair) + top * output.row
            write_queries(parts.mixed, count, sizes.width, target, output.row)


@parallel
def attend(numbers: Any, scale: Any, share: Any, memory: Any, ends: Any, pieces: int) -> None:
    """Outputs and log-sum-exps of all heads in pieces, which have parts of memory of their own up to these places.

    Arrays are query, key, value, mask, output and log-sum-exps, in this order.
    """
    pairs, each = numbers[0], ends[-1]
    for piece in prange(pieces):
        first, last = pairs * piece // pieces, pairs * (piece + 1) // pieces
        _attend(first, last, numbers, scale, share, memory[piece * each : (piece + 1) * each], ends)
