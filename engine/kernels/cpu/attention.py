"""Kernels of attention: scores exist tile by tile alone, forward and backward."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import BOOL, FLOAT32
from engine.kernels.cpu.attention_backward import descend
from engine.kernels.cpu.attention_forward import attend
from engine.kernels.cpu.attention_tiles import ADDED, NO_MASK, SEEN, Heads, Sizes
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
    batch = query.shape[:-2]
    heads = batch[-1] if batch else 1
    return Sizes(math.prod(batch), heads, query.shape[-2], key.shape[-2], query.shape[-1], value.shape[-1])


def _are_heads(*arrays: Any) -> bool:
    return all(each.dtype == FLOAT32 and each.flags.aligned and 2 <= each.ndim <= 4 for each in arrays)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    query, key, value, mask = inputs
    if not _are_heads(query, key, value):
        return False
    if not query.shape[:-2] == key.shape[:-2] == value.shape[:-2] or key.shape[-2] != value.shape[-2]:
        return False
    if mask is not None and (mask.dtype not in (BOOL, FLOAT32) or not mask.flags.aligned or mask.ndim > query.ndim):
        return False
    pairs, _, queries, keys, features, width = _sizes(query, key, value)
    return key.shape[-1] == features and pairs * queries * keys * min(features, width) >= PRODUCTS


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    upstream, query, key, value, mask, output, sums = inputs
    if not _accepts((query, key, value, mask), attributes) or not _are_heads(upstream, output):
        return False
    return upstream.shape == output.shape and sums.dtype == FLOAT32 and sums.flags.c_contiguous and sums.flags.aligned


def _heads(array: Any) -> Heads:
    return Heads(address(array), *(0,) * (4 - array.ndim), *array.strides)


def _heads_first(array: Any) -> Heads:
    """The same of an output or a gradient, which have lengths before heads."""
    return _heads(array.swapaxes(-3, -2) if array.ndim > 3 else array)


def _arrays(query: Any, key: Any, value: Any, mask: Any, output: Any, sums: Any) -> list[Heads]:
    given = [_heads(each) for each in (query, key, value)]
    nothing = Heads(0, 0, 0, 0, 0)
    seen = nothing if mask is None else _heads(np.broadcast_to(mask, (*query.shape[:-1], key.shape[-2])))
    return [*given, seen, _heads_first(output), nothing._replace(address=address(sums))]


def _rules(mask: Any, is_causal: bool, p: float, draw: Any) -> tuple[int, ...]:
    kind = NO_MASK if mask is None else SEEN if mask.dtype == BOOL else ADDED
    if not p:
        return int(is_causal), kind, 0, 0, 0, 0
    chance = np.array([seed_of(draw.seed), draw.offset, threshold_of(1 - p)], np.uint64)
    return int(is_causal), kind, 1, *chance.view(np.int64).tolist()


def _filled(count: int, whole: int) -> int:
    return -(-count // whole) * whole


def _ends(*counts: int) -> list[int]:
    """Where parts of so many float32 end that lie behind each other in whole cache lines."""
    ends = [0]
    for count in counts:
        ends.append(ends[-1] + _filled(count, LINE // BYTES))
    return ends[1:]


def _forward_parts(sizes: Sizes, p: float) -> list[int]:
    keys, width = _filled(sizes.keys, ROWS), _filled(sizes.width, ROWS)
    return _ends(
        keys * sizes.features + LANES,
        width * sizes.keys + LANES,
        _filled(sizes.features, LANES) * COLUMNS,
        keys * COLUMNS,
        max(width, _filled(sizes.width, LANES)) * COLUMNS,
        _words(sizes.keys) if p else 0,
        3 * COLUMNS,
    )


def _backward_parts(sizes: Sizes, p: float) -> list[int]:
    keys, turned = _filled(sizes.keys, ROWS), _filled(sizes.features, ROWS)
    features, width = _filled(sizes.features, LANES) * COLUMNS, _filled(sizes.width, LANES) * COLUMNS
    panels = _filled(sizes.features, COLUMNS), _filled(sizes.width, COLUMNS)
    return _ends(
        keys * sizes.features + LANES,
        turned * sizes.keys + LANES,
        keys * sizes.width + LANES,
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
        _words(sizes.keys) if p else 0,
        3 * COLUMNS,
    )


def _words(keys: int) -> int:
    """Room, in float32, for a byte for each weight of a tile and what is left over of two blocks."""
    return (keys + 8) * COLUMNS // BYTES


def _run(
    loop: Any, sizes: Sizes, arrays: list[Heads], attributes: tuple[Any, ...], mask: Any, ends: Any, scratch: Any
) -> None:
    """Call a compiled loop; as many threads work as the scratch memory is enough for."""
    is_causal, scale, p, draw = attributes
    numbers = [*sizes, *_rules(mask, is_causal, p, draw), *(number for lies in arrays for number in lies)]
    pieces = (scratch.size - LINE) // (ends[-1] * BYTES)
    memory = carve(scratch, pieces * ends[-1])[0]
    factors = np.float32(scale), np.float32(scale_of(p))
    loop(np.array(numbers, np.int64), *factors, memory, np.array(ends, np.int64), pieces)


def _forward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    sizes = _sizes(*inputs[:3])
    ends = _forward_parts(sizes, attributes[2])
    _run(attend, sizes, _arrays(*inputs, *outputs), attributes, inputs[3], ends, scratch)


def _backward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    upstream, *given = inputs
    sizes = _sizes(*given[:3])
    arrays = [*_arrays(*given), *map(_heads_first, (upstream, *outputs))]
    _run(descend, sizes, arrays, attributes, given[3], _backward_parts(sizes, attributes[2]), scratch)


def _needed(sizes: Sizes, ends: list[int]) -> int:
    return LINE + min(threads(), sizes.pairs) * ends[-1] * BYTES


def _forward_scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    sizes = _sizes(*inputs[:3])
    return _needed(sizes, _forward_parts(sizes, attributes[2]))


def _backward_scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    sizes = _sizes(*inputs[1:4])
    return _needed(sizes, _backward_parts(sizes, attributes[2]))


attention = Kernel(_forward, _accepts, _forward_scratch, least=LEAST, fixed=True)
attention_backward = Kernel(_backward, _accepts_gradient, _backward_scratch, least=LEAST, fixed=True)
