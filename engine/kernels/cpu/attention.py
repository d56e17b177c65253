"""Kernels of attention: scores exist tile by tile alone, forward and backward."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import BOOL, FLOAT32
from engine.kernels.cpu.attention_backward import Room as BackwardRoom
from engine.kernels.cpu.attention_backward import descend
from engine.kernels.cpu.attention_forward import Room as ForwardRoom
from engine.kernels.cpu.attention_forward import attend
from engine.kernels.cpu.attention_tiles import ADDED, NO_MASK, SEEN, Heads, Rules, Sizes
from engine.kernels.cpu.dropout import scale_of
from engine.kernels.cpu.jit import address, threads
from engine.kernels.cpu.philox import seed_of, threshold_of
from engine.kernels.cpu.scratch import LINE, carve
from engine.kernels.cpu.vectors import BYTES, COLUMNS, LANES, ROWS
from engine.kernels.kernel import Kernel

# Below so many multiplications the reference is as fast.
PRODUCTS = 1 << 16
LEAST = 1 << 10


def _sizes(query: Any, key: Any, value: Any) -> Sizes:
    """The sizes of a call on arrays of at most four dimensions, heads being the third from the end."""
    batch = np.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    lengths = query.shape[-2], key.shape[-2], *query.shape[-1:], *value.shape[-1:]
    return Sizes(math.prod(batch), batch[-1] if batch else 1, *lengths)


def _accepts_arrays(*arrays: Any) -> bool:
    return all(each.dtype == FLOAT32 and each.flags.aligned and 2 <= each.ndim <= 4 for each in arrays)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    query, key, value, mask = inputs
    if not _accepts_arrays(query, key, value):
        return False
    batch = query.shape[:-2]
    if not batch == key.shape[:-2] == value.shape[:-2] or key.shape[-2] != value.shape[-2]:
        return False
    if mask is not None and (mask.dtype not in (BOOL, FLOAT32) or not mask.flags.aligned or mask.ndim > query.ndim):
        return False
    return _products(_sizes(query, key, value)) >= PRODUCTS


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    upstream, query, key, value, mask, output, sums = inputs
    if not _accepts((query, key, value, mask), attributes) or not _accepts_arrays(upstream, output):
        return False
    return upstream.shape == output.shape and sums.dtype == FLOAT32 and sums.flags.c_contiguous and sums.flags.aligned


def _products(sizes: Sizes) -> int:
    return sizes.pairs * sizes.queries * sizes.keys * min(sizes.features, sizes.width)


def _heads_first(array: Any) -> Any:
    """[..., heads, length, features] of an output or its gradient, which has lengths before heads."""
    return array.swapaxes(-3, -2) if array.ndim > 3 else array


def _heads(array: Any) -> Heads:
    strides = array.strides
    return Heads(address(array), *(0,) * (4 - len(strides)), *strides)


def _inputs(query: Any, key: Any, value: Any, mask: Any) -> tuple[Heads, ...]:
    if mask is None:
        return _heads(query), _heads(key), _heads(value), Heads(0, 0, 0, 0, 0)
    return _heads(query), _heads(key), _heads(value), _heads(np.broadcast_to(mask, (*query.shape[:-1], key.shape[-2])))


def _rules(mask: Any, is_causal: bool, scale: float, p: float, draw: Any) -> Rules:
    kind = NO_MASK if mask is None else SEEN if mask.dtype == BOOL else ADDED
    chance = False, np.uint64(0), np.uint64(0), np.uint64(0), np.float32(1)
    if p:
        offset, share = np.uint64(draw.offset), np.float32(scale_of(p))
        chance = True, seed_of(draw.seed), offset, threshold_of(1 - p), share
    return Rules(bool(is_causal), kind, np.float32(scale), *chance)


def _filled(count: int, whole: int) -> int:
    return -(-count // whole) * whole


def _places(*counts: int) -> list[int]:
    """Where parts of so many float32 begin that lie behind each other in whole cache lines, and where the last ends."""
    ends = [0]
    for count in counts:
        ends.append(ends[-1] + _filled(count, LINE // BYTES))
    return ends


def _forward_room(sizes: Sizes, drops: bool) -> ForwardRoom:
    keys = _filled(sizes.keys, ROWS)
    width = _filled(sizes.width, ROWS)
    return ForwardRoom(
        *_places(
            keys * sizes.features + LANES,
            width * sizes.keys + LANES,
            _filled(sizes.features, LANES) * COLUMNS,
            keys * COLUMNS,
            max(width, _filled(sizes.width, LANES)) * COLUMNS,
            3 * COLUMNS,
            _bytes_kept(sizes.keys) if drops else 0,
        )
    )


def _backward_room(sizes: Sizes, drops: bool) -> BackwardRoom:
    keys = _filled(sizes.keys, ROWS)
    features, width = _filled(sizes.features, LANES) * COLUMNS, _filled(sizes.width, LANES) * COLUMNS
    turned = _filled(sizes.features, ROWS)
    panels = _filled(sizes.features, COLUMNS), _filled(sizes.width, COLUMNS)
    return BackwardRoom(
        *_places(
            keys * sizes.features + LANES,
            keys * sizes.width + LANES,
            turned * sizes.keys + LANES,
            features,
            width,
            width,
            keys * COLUMNS,
            keys * COLUMNS,
            keys * COLUMNS + LANES,
            COLUMNS * max(panels),
            max(turned * COLUMNS, features),
            keys * panels[0],
            keys * panels[1],
            3 * COLUMNS,
            _bytes_kept(sizes.keys) if drops else 0,
        )
    )


def _bytes_kept(keys: int) -> int:
    """Room for a byte for each weight of a tile and what is left over of two blocks, in float32."""
    return (keys + 8) * COLUMNS // BYTES


def _lent(scratch: Any, each: int) -> tuple[Any, int]:
    """The scratch memory as float32, and for how many threads it is enough."""
    pieces = (scratch.size - LINE) // (each * BYTES)
    return carve(scratch, pieces * each)[0], pieces


def _needed(each: int, sizes: Sizes) -> int:
    return LINE + min(threads(), sizes.pairs) * each * BYTES


def _forward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    output, sums = outputs
    sizes, rules = _sizes(*inputs[:3]), _rules(inputs[3], *attributes)
    room = _forward_room(sizes, rules.drops)
    memory, pieces = _lent(scratch, room.each)
    attend(*_inputs(*inputs), _heads(_heads_first(output)), address(sums), sizes, rules, memory, room, pieces)


def _backward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    upstream, query, key, value, mask, output, sums = inputs
    sizes, rules = _sizes(query, key, value), _rules(mask, *attributes)
    room = _backward_room(sizes, rules.drops)
    memory, pieces = _lent(scratch, room.each)
    descend(
        _heads(_heads_first(upstream)),
        *_inputs(query, key, value, mask),
        _heads(_heads_first(output)),
        address(sums),
        *(_heads(_heads_first(each)) for each in outputs),
        sizes,
        rules,
        memory,
        room,
        pieces,
    )


def _forward_scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    sizes = _sizes(*inputs[:3])
    return _needed(_forward_room(sizes, bool(attributes[2])).each, sizes)


def _backward_scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    sizes = _sizes(*inputs[1:4])
    return _needed(_backward_room(sizes, bool(attributes[2])).each, sizes)


attention = Kernel(_forward, _accepts, _forward_scratch, least=LEAST, fixed=True)
attention_backward = Kernel(_backward, _accepts_gradient, _backward_scratch, least=LEAST, fixed=True)
