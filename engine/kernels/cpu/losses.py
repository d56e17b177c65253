"""Losses of each element and their gradients for the predictions: squares, and cross entropy of two classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import FLOAT32, is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST, SERIAL
from engine.kernels.cpu.exponential import TWO, log1p_of_exp, sigmoid
from engine.kernels.cpu.jit import compiled, inlined, parallel, prange
from engine.kernels.kernel import Kernel

_SQUARED, _LOGISTIC = range(2)


@inlined
def _square(x: Any, t: Any) -> Any:
    gap = x - t
    return gap * gap


@compiled
def _lose(kind: int, y: Any, x: Any, t: Any) -> None:
    if kind == _SQUARED:
        for i in range(y.size):
            y[i] = _square(x[i], t[i])
    else:
        for i in range(y.size):
            y[i] = log1p_of_exp(x[i]) - x[i] * t[i]


@compiled
def _descend(kind: int, d: Any, g: Any, x: Any, t: Any) -> None:
    """The gradient for x; `g` holds what comes from above, one number for all elements or one each."""
    each, g0 = g.size > 1, g[0]
    if kind == _SQUARED and each:
        for i in range(d.size):
            d[i] = g[i] * (TWO * (x[i] - t[i]))
    elif kind == _SQUARED:
        for i in range(d.size):
            d[i] = g0 * (TWO * (x[i] - t[i]))
    elif each:
        for i in range(d.size):
            d[i] = g[i] * (sigmoid(x[i]) - t[i])
    else:
        for i in range(d.size):
            d[i] = g0 * (sigmoid(x[i]) - t[i])


@parallel
def _lose_in_parallel(chunks: int, kind: int, y: Any, x: Any, t: Any) -> None:
    for chunk in prange(chunks):
        a, b = chunk * CHUNK, min(chunk * CHUNK + CHUNK, y.size)
        _lose(kind, y[a:b], x[a:b], t[a:b])


@parallel
def _descend_in_parallel(chunks: int, kind: int, d: Any, g: Any, x: Any, t: Any) -> None:
    for chunk in prange(chunks):
        a, b = chunk * CHUNK, min(chunk * CHUNK + CHUNK, d.size)
        _descend(kind, d[a:b], g[a:b] if g.size > 1 else g, x[a:b], t[a:b])


def _is_one_number(array: Any) -> bool:
    """Whether all elements lie at one place, as those of a gradient of a mean do."""
    return isinstance(array, np.ndarray) and array.dtype == FLOAT32 and not any(array.strides) and array.flags.aligned


def _forward(kind: int) -> Kernel:
    def fill(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
        y, x, t = (each.reshape(-1) for each in (*outputs, *inputs))
        if y.size > SERIAL:
            _lose_in_parallel(-(-y.size // CHUNK), kind, y, x, t)
        else:
            _lose(kind, y, x, t)

    def accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
        x, t = inputs
        return is_plain(x) and is_plain(t) and x.shape == t.shape

    return Kernel(fill, accepts, least=LEAST, fixed=True)


def _backward(kind: int) -> Kernel:
    def fill(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
        d, x, t = (each.reshape(-1) for each in (*outputs, *inputs[1:]))
        g = inputs[0]
        above = g.reshape(-1) if is_plain(g) else g[(slice(1),) * g.ndim].reshape(-1)
        if d.size > SERIAL:
            _descend_in_parallel(-(-d.size // CHUNK), kind, d, above, x, t)
        else:
            _descend(kind, d, above, x, t)

    def accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
        g, x, t = inputs
        if not (is_plain(x) and is_plain(t) and x.shape == t.shape == g.shape and x.size):
            return False
        return is_plain(g) or _is_one_number(g)

    return Kernel(fill, accepts, least=LEAST, fixed=True)


squared_error, squared_error_backward = _forward(_SQUARED), _backward(_SQUARED)
logistic_cross_entropy, logistic_cross_entropy_backward = _forward(_LOGISTIC), _backward(_LOGISTIC)
