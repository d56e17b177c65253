"""What goes on around an update of flat arrays: the norm of the gradients before it, a running average after it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.optimizers_passes import SERIAL_UPDATE, are_flat
from engine.kernels.kernel import Kernel


@compiled
def _squares_of(x: Any) -> Any:
    total = np.float64(0)
    for place in range(x.size):
        value = np.float64(x[place])
        total += value * value
    return total


@compiled
def _add_up(total: Any, partials: Any) -> None:
    total[0] = 0
    for chunk in range(partials.size):
        total[0] += partials[chunk]


@compiled
def _sum_squares(total: Any, x: Any, partials: Any) -> None:
    for chunk in range(partials.size):
        partials[chunk] = _squares_of(x[chunk * CHUNK : min(chunk * CHUNK + CHUNK, x.size)])
    _add_up(total, partials)


@parallel
def _sum_squares_on_all(total: Any, x: Any, partials: Any) -> None:
    for chunk in prange(partials.size):
        partials[chunk] = _squares_of(x[chunk * CHUNK : min(chunk * CHUNK + CHUNK, x.size)])
    _add_up(total, partials)


def _squared_norm(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    run = _sum_squares if inputs[0].size < SERIAL_UPDATE else _sum_squares_on_all
    run(outputs[0], inputs[0], scratch.view(np.float64))


def _partials(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return 8 * -(-int(inputs[0].size) // CHUNK)


def _joint_norm(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    memory = scratch.view(np.float64)
    total, squares = memory[:1], 0.0
    for array in inputs[0]:
        flat = array.reshape(-1)
        run = _sum_squares if flat.size < SERIAL_UPDATE else _sum_squares_on_all
        run(total, flat, memory[1 : 1 + -(-flat.size // CHUNK)])
        squares += float(total[0])
    # Numbers too large for float32 are infinite, as in the reference.
    with np.errstate(over="ignore"):
        outputs[0][...] = math.sqrt(squares)


def _are_plain(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    arrays = inputs[0]
    return sum(each.size for each in arrays) >= LEAST and all(is_plain(each) for each in arrays)


def _partials_of_largest(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return 8 + max(_partials((each,), ()) for each in inputs[0])


@compiled
def _blend(average: Any, value: Any, share: Any) -> None:
    """Average: a ← a + w(x − a), from the nearer end, so that w of 0 and 1 give a and x."""
    if share < 0.5:
        for place in range(average.size):
            average[place] += (value[place] - average[place]) * share
    else:
        rest = np.float32(1) - share
        for place in range(average.size):
            average[place] = value[place] - (value[place] - average[place]) * rest


@parallel
def _blend_on_all(average: Any, value: Any, share: Any) -> None:
    for chunk in prange((average.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, average.size)
        _blend(average[start:stop], value[start:stop], share)


def _running_average(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    run = _blend if outputs[0].size < SERIAL_UPDATE else _blend_on_all
    run(outputs[0], inputs[0], np.float32(attributes[0]))


# The sum of squares of a flat float32 array, into an array of one float64: partial sums by chunks, added in order.
squared_norm = Kernel(_squared_norm, accepts=are_flat, scratch=_partials, least=LEAST)

# The norm of all arrays of a tuple, float32 without gaps, as if they were one vector.
joint_norm = Kernel(_joint_norm, accepts=_are_plain, scratch=_partials_of_largest)

# Moves a flat float32 array, the output, towards the input by a share.
running_average = Kernel(_running_average, accepts=are_flat, least=LEAST)
