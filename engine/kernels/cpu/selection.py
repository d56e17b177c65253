"""Elements kept where a mask holds, and a number elsewhere, over large arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import BOOL, is_plain
from engine.kernels.cpu.broadcasting import is_number, row_length
from engine.kernels.cpu.chunks import CHUNK
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.kernel import Kernel

# NumPy selects as fast on one thread; with a launch and the way to it two threads gain from so many elements on.
LEAST = 1 << 17


@compiled
def _choose(y: Any, x: Any, mask: Any, wanted: bool, number: Any) -> None:
    for place in range(y.size):
        y[place] = x[place] if mask[place] == wanted else number


@compiled
def _choose_rows(y: Any, x: Any, mask: Any, wanted: bool, number: Any, length: int, first: int, last: int) -> None:
    for row in range(first, last):
        start, stop = row * length, min(row * length + length, y.size)
        chosen = mask[start:stop] if mask.size == y.size else mask[: stop - start]
        _choose(y[start:stop], x[start:stop], chosen, wanted, number)


@parallel
def _choose_in_parallel(y: Any, x: Any, mask: Any, wanted: bool, number: Any, length: int, rows: int) -> None:
    total = (y.size + length - 1) // length
    for chunk in prange((total + rows - 1) // rows):
        _choose_rows(y, x, mask, wanted, number, length, chunk * rows, min(chunk * rows + rows, total))


def _chosen(output: Any, x: Any, mask: Any, wanted: bool, number: float) -> None:
    length = row_length(x.shape, mask, BOOL)
    given = output.reshape(-1), x.reshape(-1), mask.reshape(-1), wanted, np.float32(number)
    _choose_in_parallel(*given, length, max(1, CHUNK // length))


def _takes(x: Any, mask: Any) -> bool:
    return is_plain(x) and x.ndim > 0 and x.size > 0 and mask.ndim > 0 and row_length(x.shape, mask, BOOL) > 0


def _masked(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    x, mask = inputs
    _chosen(outputs[0], x, mask, True, 0.0)


def _takes_masked(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return _takes(*inputs)


def _filled(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    x, mask, number = inputs
    _chosen(outputs[0], x, mask, False, number)


def _takes_filled(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    x, mask, number = inputs
    return is_number(number) and _takes(x, mask)


def _where(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    mask, x, other = inputs
    if is_number(other):
        _chosen(outputs[0], x, mask, True, other)
    else:
        _chosen(outputs[0], other, mask, False, x)


def _takes_where(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    mask, x, other = inputs
    return is_number(x) != is_number(other) and _takes(other if is_number(x) else x, mask)


masked = Kernel(_masked, _takes_masked, overwrites=((0, 0),), least=LEAST)
masked_fill = Kernel(_filled, _takes_filled, overwrites=((0, 0),), least=LEAST)
where = Kernel(_where, _takes_where, overwrites=((0, 1), (0, 2)), least=LEAST)
