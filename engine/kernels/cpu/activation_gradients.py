"""Backward passes of activations: what came from above times the slope at each element, in chunks on all threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.kernels.cpu.activation_formulas import (
    clipped_slope,
    gelu_gate_slope,
    gelu_slope,
    hardswish_slope,
    leaky_slope,
    relu_slope,
    sigmoid_slope,
    silu_slope,
    softplus_slope,
    tanh_slope,
    unit_slope,
)
from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.chunks import CHUNK, SERIAL
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.kernel import Kernel

# The functions, by number; each takes up to three numbers besides the elements.
_RELU, _LEAKY, _UNIT, _CLIP, _HARDSWISH, _SOFTPLUS, _SILU, _GELU, _GELU_GATE, _TANH, _SIGMOID = range(11)


# All in one function: the threads' loop around it takes longer to compile than all of them.
@compiled
def _apply_slope(kind: int, y: Any, g: Any, x: Any, a: Any, b: Any, c: Any) -> None:
    count = x.size
    if kind == _RELU:
        for i in range(count):
            y[i] = relu_slope(g[i], x[i])
    elif kind == _LEAKY:
        for i in range(count):
            y[i] = leaky_slope(g[i], x[i], a)
    elif kind == _UNIT:
        for i in range(count):
            y[i] = unit_slope(g[i], x[i], a, b, c)
    elif kind == _CLIP:
        for i in range(count):
            y[i] = clipped_slope(g[i], x[i], a, b)
    elif kind == _HARDSWISH:
        for i in range(count):
            y[i] = hardswish_slope(g[i], x[i])
    elif kind == _SOFTPLUS:
        for i in range(count):
            y[i] = softplus_slope(g[i], x[i], a, b)
    elif kind == _SILU:
        for i in range(count):
            y[i] = silu_slope(g[i], x[i])
    elif kind == _GELU:
        for i in range(count):
            y[i] = gelu_slope(g[i], x[i])
    elif kind == _GELU_GATE:
        for i in range(count):
            y[i] = gelu_gate_slope(g[i], x[i])
    elif kind == _TANH:
        for i in range(count):
            y[i] = tanh_slope(g[i], x[i])
    elif kind == _SIGMOID:
        for i in range(count):
            y[i] = sigmoid_slope(g[i], x[i])


# The references choose element by element, which NumPy does one at a time.
_LEAST = 1 << 12


@parallel
def _apply_slope_in_parallel(chunks: int, kind: int, y: Any, g: Any, x: Any, a: Any, b: Any, c: Any) -> None:
    for chunk in prange(chunks):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, x.size)
        _apply_slope(kind, y[start:stop], g[start:stop], x[start:stop], a, b, c)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, x = inputs
    return is_plain(g) and is_plain(x) and g.shape == x.shape


def _kernel(settings: Callable[..., tuple[float, ...]], exact: bool = False) -> Kernel:
    """The kernel of an op for whose attributes `settings` gives the function and its numbers."""

    def fill(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
        y, g, x = outputs[0].reshape(-1), inputs[0].reshape(-1), inputs[1].reshape(-1)
        kind, *numbers = settings(*attributes)
        a, b, c = map(np.float32, (*numbers, 0, 0, 0)[:3])
        if x.size > SERIAL:
            _apply_slope_in_parallel(-(-x.size // CHUNK), kind, y, g, x, a, b, c)
        else:
            _apply_slope(kind, y, g, x, a, b, c)

    return Kernel(fill, _accepts, least=_LEAST, fixed=True, exact=exact)


relu_backward = _kernel(lambda: (_RELU,), exact=True)
leaky_relu_backward = _kernel(lambda negative_slope: (_LEAKY, negative_slope))
exponential_unit_backward = _kernel(lambda alpha, scale, rate: (_UNIT, rate, alpha * scale, scale))
hardtanh_backward = _kernel(lambda low, high: (_CLIP, low, high))
hardswish_backward = _kernel(lambda: (_HARDSWISH,))
softplus_backward = _kernel(lambda beta, threshold: (_SOFTPLUS, beta, threshold))
silu_backward = _kernel(lambda: (_SILU,))
gelu_backward = _kernel(lambda approximate: (_GELU_GATE if approximate == "tanh" else _GELU,))
tanh_backward = _kernel(lambda: (_TANH,))
sigmoid_backward = _kernel(lambda: (_SIGMOID,))
