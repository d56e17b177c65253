"""Activations of one float32 number and their slopes, written so that a loop around them is vectorised.

A slope is called with what came from above and what the forward op kept, and gives the gradient. NaN passes through.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.exponential import (
    HALF,
    ONE,
    TWO,
    bounded,
    divided,
    erf,
    exp,
    expm1,
    fused,
    log1p_of_exp,
    sigmoid,
)
from engine.kernels.cpu.jit import inlined

ZERO, _THREE, _SIX = np.float32(0), np.float32(3), np.float32(6)
_MISH_HIGHEST = np.float32(20)
_ROOT_HALF = np.float32(np.sqrt(0.5))
_DENSITY_AT_ZERO = np.float32(1 / np.sqrt(2 * np.pi))
# Twice the scale of Hendrycks and Gimpel, "Gaussian error linear units", 2016: (1 + tanh(u)) / 2 is sigmoid(2 u).
_GATE_SCALE = np.float32(2 * np.sqrt(2 / np.pi))
_GATE_CUBE = np.float32(0.044715)
_GATE_CUBE_SLOPE = np.float32(3 * 0.044715)


@inlined
def relu_value(x: Any) -> Any:
    """The formula of max(x, 0)."""
    return ZERO if x < ZERO else x


@inlined
def relu_slope(g: Any, y: Any) -> Any:
    """From the output: g where it is not zero."""
    return g if y != ZERO else ZERO


@inlined
def leaky_value(x: Any, slope: Any) -> Any:
    """The input above zero, slope * x below."""
    return x * slope if x < ZERO else x


@inlined
def leaky_slope(g: Any, x: Any, slope: Any) -> Any:
    """From the input: g above zero, g * slope elsewhere."""
    return g if x > ZERO else g * slope


@inlined
def unit_value(x: Any, rate: Any, height: Any, scale: Any) -> Any:
    """ELU and its kin: scale * x above zero, height * (exp(rate * x) - 1) below."""
    return height * expm1(rate * x) if x < ZERO else scale * x


@inlined
def unit_slope(g: Any, x: Any, rate: Any, height: Any, scale: Any) -> Any:
    """From the input: g * scale above zero, g * rate * height * exp(rate * x) elsewhere."""
    return g * (exp(rate * x) * (height * rate)) if x <= ZERO else g * scale


@inlined
def clipped_slope(g: Any, x: Any, low: Any, high: Any) -> Any:
    """From the input: g between the bounds, nothing at them."""
    return ZERO if (x <= low) | (x >= high) else g


@inlined
def hardswish_value(x: Any) -> Any:
    """The formula of x * min(max(x + 3, 0), 6) / 6."""
    return divided(x * bounded(x + _THREE, ZERO, _SIX), _SIX)


@inlined
def hardswish_slope(g: Any, x: Any) -> Any:
    """From the input: g * (x / 3 + 1/2) between -3 and 3, nothing below and g above."""
    inside = g * (divided(x, _THREE) + HALF)
    return (inside if x > -_THREE else ZERO) if x < _THREE else g


@inlined
def softplus_value(x: Any, beta: Any, threshold: Any) -> Any:
    """The formula of log(1 + exp(beta * x)) / beta; x itself where beta * x is above the threshold."""
    exponent = x * beta
    return x if exponent > threshold else divided(log1p_of_exp(exponent), beta)


@inlined
def softplus_slope(g: Any, x: Any, beta: Any, threshold: Any) -> Any:
    """From the input: g * sigmoid(beta * x); g itself where beta * x is above the threshold."""
    exponent = x * beta
    return g if exponent > threshold else g * sigmoid(exponent)


@inlined
def silu_value(x: Any) -> Any:
    """The formula of x * sigmoid(x)."""
    return divided(x, ONE + exp(-x))


@inlined
def silu_slope(g: Any, x: Any) -> Any:
    """From the input: g * (s + x s (1 - s)), s = sigmoid(x)."""
    gate = sigmoid(x)
    return g * (gate * fused(x, ONE - gate, ONE))


@inlined
def mish_value(x: Any) -> Any:
    """The formula of x * tanh(log(1 + e^x)), which is x * n / (n + 2) for n = e^x (e^x + 2)."""
    power = exp(_MISH_HIGHEST if x > _MISH_HIGHEST else x)
    n = power * (power + TWO)
    return x * divided(n, n + TWO)


@inlined
def gelu_value(x: Any) -> Any:
    """The formula of x * (1 + erf(x / sqrt(2))) / 2."""
    return x * HALF * (ONE + erf(x * _ROOT_HALF))


@inlined
def gelu_slope(g: Any, x: Any) -> Any:
    """From the input: g * (Φ(x) + x φ(x))."""
    share = fused(erf(x * _ROOT_HALF), HALF, HALF)
    return g * (share + x * (exp(x * x * -HALF) * _DENSITY_AT_ZERO))


@inlined
def gelu_gate_value(x: Any) -> Any:
    """The formula of x * sigmoid(2 u), u the cubic by which GELU is approximated."""
    return x * sigmoid(_GATE_SCALE * (x + _GATE_CUBE * x * x * x))


@inlined
def gelu_gate_slope(g: Any, x: Any) -> Any:
    """From the input: g * (s + x s (1 - s) 2 u'), s = sigmoid(2 u)."""
    square = x * x
    gate = sigmoid(_GATE_SCALE * (x * fused(square, _GATE_CUBE, ONE)))
    return g * (gate + x * gate * (ONE - gate) * (_GATE_SCALE * fused(square, _GATE_CUBE_SLOPE, ONE)))


@inlined
def tanh_slope(g: Any, y: Any) -> Any:
    """From the output: g * (1 - y²)."""
    return g * (ONE - y * y)


@inlined
def sigmoid_slope(g: Any, y: Any) -> Any:
    """From the output: g * y (1 - y)."""
    return g * (y * (ONE - y))
