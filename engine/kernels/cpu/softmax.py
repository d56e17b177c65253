"""Softmax and its logarithm along the last dimension, forward and backward: rows that fit the cache at a time.

Exponentials are taken over all elements of some rows at once: a row alone may be shorter than a vector.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import FLOAT32, is_plain
from engine.kernels.cpu.chunks import LEAST, SERIAL
from engine.kernels.cpu.exponential import ONE, divided, exp, log
from engine.kernels.cpu.extremes import highest_of
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.kernel import Kernel

# Elements that are gone over several times while they lie in the first-level cache.
_TOGETHER = 1 << 12


def rows_together(columns: int) -> int:
    """How many rows of that width are worked on at a time."""
    return max(1, _TOGETHER // columns)


@compiled
def _softmax(y: Any, x: Any, logarithm: bool) -> None:
    rows, columns = x.shape
    for row in range(rows):
        highest = highest_of(x[row])
        for i in range(columns):
            y[row, i] = x[row, i] - highest
    all_of_them = y.reshape(-1)
    for i in range(all_of_them.size):
        all_of_them[i] = exp(all_of_them[i])
    for row in range(rows):
        total = np.float32(0)
        for i in range(columns):
            total += y[row, i]
        if logarithm:
            highest, shift = highest_of(x[row]), log(total)
            # One loop would let the compiler add the two first, which loses the digits of what is near zero.
            for i in range(columns):
                y[row, i] = x[row, i] - highest
            for i in range(columns):
                y[row, i] -= shift
        else:
            share = divided(ONE, total)
            for i in range(columns):
                y[row, i] *= share


@parallel
def _softmax_in_parallel(y: Any, x: Any, step: int, logarithm: bool) -> None:
    rows = x.shape[0]
    for chunk in prange((rows + step - 1) // step):
        first, last = chunk * step, min(chunk * step + step, rows)
        _softmax(y[first:last], x[first:last], logarithm)


@compiled
def _descend(d: Any, g: Any, y: Any, logarithm: bool) -> None:
    """`y (g - Σ g y)` for softmax's output y, `g - exp(y) Σ g` for its logarithm."""
    rows, columns = y.shape
    if logarithm:
        source, target = y.reshape(-1), d.reshape(-1)
        for i in range(source.size):
            target[i] = exp(source[i])
    for row in range(rows):
        total = np.float32(0)
        if logarithm:
            for i in range(columns):
                total += g[row, i]
            for i in range(columns):
                d[row, i] = g[row, i] - d[row, i] * total
        else:
            for i in range(columns):
                total += g[row, i] * y[row, i]
            for i in range(columns):
                d[row, i] = y[row, i] * (g[row, i] - total)


@parallel
def _descend_in_parallel(d: Any, g: Any, y: Any, step: int, logarithm: bool) -> None:
    rows = y.shape[0]
    for chunk in prange((rows + step - 1) // step):
        first, last = chunk * step, min(chunk * step + step, rows)
        _descend(d[first:last], g[first:last], y[first:last], logarithm)


def _is_last(dim: int, x: Any) -> bool:
    return x.size > 0 and x.ndim > 0 and dim in (-1, x.ndim - 1)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    dim, dtype = attributes
    return is_plain(inputs[0]) and _is_last(dim, inputs[0]) and (dtype is None or dtype.numpy == FLOAT32)


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, y = inputs
    return is_plain(g) and is_plain(y) and g.shape == y.shape and _is_last(attributes[0], y)


def _forward(logarithm: bool) -> Kernel:
    def fill(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
        columns = inputs[0].shape[-1]
        y, x = outputs[0].reshape(-1, columns), inputs[0].reshape(-1, columns)
        if x.size > SERIAL:
            _softmax_in_parallel(y, x, rows_together(columns), logarithm)
        else:
            _softmax(y, x, logarithm)

    return Kernel(fill, _accepts, least=LEAST, fixed=True)


def _backward(logarithm: bool) -> Kernel:
    def fill(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
        columns = inputs[1].shape[-1]
        d, g, y = (each.reshape(-1, columns) for each in (outputs[0], *inputs))
        if y.size > SERIAL:
            _descend_in_parallel(d, g, y, rows_together(columns), logarithm)
        else:
            _descend(d, g, y, logarithm)

    return Kernel(fill, _accepts_gradient, least=LEAST, fixed=True)


softmax, softmax_backward = _forward(logarithm=False), _backward(logarithm=False)
log_softmax, log_softmax_backward = _forward(logarithm=True), _backward(logarithm=True)
