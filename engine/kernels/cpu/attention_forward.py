"""Attention forward: tiles of scores, their softmax and its product with the values, one head at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.kernels.cpu.attention_tiles import (
    COLUMNS,
    Heads,
    Inputs,
    Rules,
    Sizes,
    clear,
    hide,
    keep,
    matrix,
    multiply_by,
    multiply_tiles,
    pack_queries,
    raise_powers,
    write_queries,
)
from engine.kernels.cpu.attention_vectors import add_down, multiply_down, raise_down, subtract_down
from engine.kernels.cpu.exponential import divided, log
from engine.kernels.cpu.gemm import pack_left
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.vectors import BYTES, store_single

_ZERO, _HIDDEN, _LOWEST = np.float32(0), np.float32(-np.inf), np.finfo(np.float32).min


class Room(NamedTuple):
    """Where everything lies in a thread's memory, counted in float32; `each` is how much of it one thread has."""

    keys: int
    values: int
    queries: int
    tile: int
    mixed: int
    lanes: int
    kept: int
    each: int


@compiled
def _soften(tile: Any, seen: int, highest: Any, total: Any) -> None:
    """Scores become powers exp(score - highest), which are added up, column by column."""
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
def _finish(highest: Any, total: Any, count: int, sums: int, share: Any) -> None:
    """Write log-sum-exps; totals become what outputs are multiplied by. A query that sees nothing has -inf and zero."""
    for query in range(count):
        is_blind = total[query] == _ZERO
        store_single(sums + query * BYTES, _HIDDEN if is_blind else highest[query] + log(total[query]))
        total[query] = _ZERO if is_blind else divided(share, total[query])


@compiled
def _attend(
    first: int,
    last: int,
    inputs: Inputs,
    output: Heads,
    sums: int,
    sizes: Sizes,
    rules: Rules,
    memory: Any,
    room: Room,
) -> None:
    query, key, value, mask = inputs
    keys, values = memory[room.keys :].ctypes.data, memory[room.values :].ctypes.data
    queries, tile = memory[room.queries : room.tile], memory[room.tile : room.mixed]
    mixed, lanes = memory[room.mixed : room.lanes], memory[room.lanes : room.kept]
    highest, total, zeros = lanes[:COLUMNS], lanes[COLUMNS : 2 * COLUMNS], lanes[2 * COLUMNS :]
    kept = memory[room.kept : room.each].view(np.uint8)
    clear(zeros)
    at_tile, at_mixed, nothing = tile.ctypes.data, mixed.ctypes.data, zeros.ctypes.data
    for pair in range(first, last):
        pack_left(matrix(key, sizes.heads, pair), key.row, key.column, sizes.keys, sizes.features, keys)
        pack_left(matrix(value, sizes.heads, pair), value.column, value.row, sizes.width, sizes.keys, values)
        for top in range(0, sizes.queries, COLUMNS):
            number = pair * sizes.queries + top
            count = min(COLUMNS, sizes.queries - top)
            seen = min(sizes.keys, top + count) if rules.is_causal else sizes.keys
            pack_queries(matrix(query, sizes.heads, pair), query, top, count, sizes.features, queries)
            multiply_by(queries, rules.scale)
            multiply_tiles(keys, sizes.features, queries.ctypes.data, seen, sizes.features, at_tile, nothing, 0)
            hide(tile, seen, top, count, rules, matrix(mask, sizes.heads, pair), mask)
            _soften(tile, seen, highest, total)
            if rules.drops:
                keep(kept, number * sizes.keys, sizes.keys, seen, rules)
                _drop(tile, seen, kept)
            multiply_tiles(values, sizes.keys, at_tile, sizes.width, seen, at_mixed, nothing, 0)
            _finish(highest, total, count, sums + number * BYTES, rules.share)
            multiply_down(at_mixed, sizes.width, total.ctypes.data)
            target = matrix(output, sizes.heads, pair) + top * output.row
            write_queries(mixed, count, sizes.width, target, output.row)


@parallel
def attend(
    query: Heads,
    key: Heads,
    value: Heads,
    mask: Heads,
    output: Heads,
    sums: int,
    sizes: Sizes,
    rules: Rules,
    memory: Any,
    room: Room,
    pieces: int,
) -> None:
    """Outputs and log-sum-exps of all heads, cut into pieces that have a thread's memory each."""
    for piece in prange(pieces):
        first, last = sizes.pairs * piece // pieces, sizes.pairs * (piece + 1) // pieces
        own = memory[piece * room.each : (piece + 1) * room.each]
        _attend(first, last, Inputs(query, key, value, mask), output, sums, sizes, rules, own, room)
