"""Activations, exponentials and logarithms of all elements, in chunks on all threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.kernels.cpu.activation_formulas import (
    gelu_gate_value,
    gelu_value,
    hardswish_value,
    leaky_value,
    mish_value,
    relu_value,
    silu_value,
    softplus_value,
    unit_value,
)
from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST, SERIAL
from engine.kernels.cpu.exponential import bounded, log1p_of_exp
from engine.kernels.cpu.exponential import erf as erf_of
from engine.kernels.cpu.exponential import exp as exp_of
from engine.kernels.cpu.exponential import expm1 as expm1_of
from engine.kernels.cpu.exponential import log as log_of
from engine.kernels.cpu.exponential import log1p as log1p_of
from engine.kernels.cpu.exponential import sigmoid as sigmoid_of
from engine.kernels.cpu.exponential import tanh as tanh_of
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.kernel import Kernel

# The functions, by number; each takes up to three numbers besides the element.
_RELU, _LEAKY, _UNIT, _CLIP, _HARDSWISH, _SOFTPLUS, _LOG_SIGMOID, _SILU, _MISH, _GELU, _GELU_GATE = range(11)
_TANH, _SIGMOID, _EXP, _EXPM1, _LOG, _LOG1P, _ERF = range(11, 18)


# All in one function: the threads' loop around it takes longer to compile than all of them.
@compiled
def _apply(kind: int, y: Any, x: Any, a: Any, b: Any, c: Any) -> None:
    count = x.size
    if kind == _RELU:
        for i in range(count):
            y[i] = relu_value(x[i])
    elif kind == _LEAKY:
        for i in range(count):
            y[i] = leaky_value(x[i], a)
    elif kind == _UNIT:
        for i in range(count):
            y[i] = unit_value(x[i], a, b, c)
    elif kind == _CLIP:
        for i in range(count):
            y[i] = bounded(x[i], a, b)
    elif kind == _HARDSWISH:
        for i in range(count):
            y[i] = hardswish_value(x[i])
    elif kind == _SOFTPLUS:
        for i in range(count):
            y[i] = softplus_value(x[i], a, b)
    elif kind == _LOG_SIGMOID:
        for i in range(count):
            y[i] = -log1p_of_exp(-x[i])
    elif kind == _SILU:
        for i in range(count):
            y[i] = silu_value(x[i])
    elif kind == _MISH:
        for i in range(count):
            y[i] = mish_value(x[i])
    elif kind == _GELU:
        for i in range(count):
            y[i] = gelu_value(x[i])
    elif kind == _GELU_GATE:
        for i in range(count):
            y[i] = gelu_gate_value(x[i])
    elif kind == _TANH:
        for i in range(count):
            y[i] = tanh_of(x[i])
    elif kind == _SIGMOID:
        for i in range(count):
            y[i] = sigmoid_of(x[i])
    elif kind == _EXP:
        for i in range(count):
            y[i] = exp_of(x[i])
    elif kind == _EXPM1:
        for i in range(count):
            y[i] = expm1_of(x[i])
    elif kind == _LOG:
        for i in range(count):
            y[i] = log_of(x[i])
    elif kind == _LOG1P:
        for i in range(count):
            y[i] = log1p_of(x[i])
    elif kind == _ERF:
        for i in range(count):
            y[i] = erf_of(x[i])


@parallel
def _apply_in_parallel(chunks: int, kind: int, y: Any, x: Any, a: Any, b: Any, c: Any) -> None:
    for chunk in prange(chunks):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, x.size)
        _apply(kind, y[start:stop], x[start:stop], a, b, c)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return is_plain(inputs[0])


def _kernel(settings: Callable[..., tuple[float, ...]], exact: bool = False) -> Kernel:
    """The kernel of an op for whose attributes `settings` gives the function and its numbers."""

    def fill(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
        y, x = outputs[0].reshape(-1), inputs[0].reshape(-1)
        kind, *numbers = settings(*attributes)
        a, b, c = map(np.float32, (*numbers, 0, 0, 0)[:3])
        if x.size > SERIAL:
            _apply_in_parallel(-(-x.size // CHUNK), kind, y, x, a, b, c)
        else:
            _apply(kind, y, x, a, b, c)

    return Kernel(fill, _accepts, least=LEAST, fixed=True, exact=exact)


relu = _kernel(lambda: (_RELU,), exact=True)
leaky_relu = _kernel(lambda negative_slope: (_LEAKY, negative_slope))
hardtanh = _kernel(lambda low, high: (_CLIP, low, high))
hardswish = _kernel(lambda: (_HARDSWISH,))
softplus = _kernel(lambda beta, threshold: (_SOFTPLUS, beta, threshold))
logsigmoid = _kernel(lambda: (_LOG_SIGMOID,))
silu = _kernel(lambda: (_SILU,))
mish = _kernel(lambda: (_MISH,))
gelu = _kernel(lambda approximate: (_GELU_GATE if approximate == "tanh" else _GELU,))
tanh = _kernel(lambda: (_TANH,))
sigmoid = _kernel(lambda: (_SIGMOID,))
exp = _kernel(lambda: (_EXP,))
expm1 = _kernel(lambda: (_EXPM1,))
log = _kernel(lambda: (_LOG,))
log1p = _kernel(lambda: (_LOG1P,))
erf = _kernel(lambda: (_ERF,))


def exponential_unit(settings: Callable[..., tuple[float, float, float]]) -> Kernel:
    """The kernel of an op for whose attributes `settings` gives alpha, scale and rate of its exponential unit."""

    def numbers(*attributes: Any) -> tuple[float, ...]:
        alpha, scale, rate = settings(*attributes)
        return _UNIT, rate, alpha * scale, scale

    return _kernel(numbers)
