"""Rows of the backward passes of activations: what came from above times the derivative, written out."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from engine.ops.elementwise import activation as ops
from engine.ops.elementwise import exponential, trigonometric
from engine.ops.elementwise import gated_activation as gated
from engine.testing.row import Sample, row, sample

Samples = Callable[[np.random.Generator], list[Sample]]
SHAPES = ((3, 4), (5,), (1,), (0, 2), ())
LARGE = ((33, 1025), (1 << 15,))


def settings(*given: tuple[Any, ...], kinks: tuple[float, ...] = (0.0,), shapes: Any = SHAPES) -> Samples:
    """Two arrays of each shape, the second away from the kinks, with each of the settings."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        samples = []
        for each in given or ((),):
            for shape in shapes:
                points = rng.uniform(-4, 4, shape)
                for kink in kinks:
                    points = np.where(np.abs(points - kink) < 0.05, kink + 0.07, points)
                samples.append(sample(rng.normal(size=shape), np.asarray(points), *each))
        return samples

    return draw


def declare(op: Any, oracle: Callable[..., Any], *given: tuple[Any, ...], kinks: tuple[float, ...] = (0.0,)) -> None:
    row(op, oracle, settings(*given, kinks=kinks), large=settings(*given, kinks=kinks, shapes=LARGE))


def unit(g: np.ndarray, x: np.ndarray, alpha: float, scale: float, rate: float) -> np.ndarray:
    return g * np.where(x > 0, scale, scale * alpha * rate * np.exp(rate * np.minimum(x, 0)))


def gelu(g: np.ndarray, x: np.ndarray, approximate: str) -> np.ndarray:
    if approximate == "none":
        return g * (special.ndtr(x) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi))
    gate = special.expit(2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return g * (gate + x * gate * (1 - gate) * 2 * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2))


def silu(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    gate = special.expit(x)
    return g * (gate + x * gate * (1 - gate))


def hardswish(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    return g * np.where(x >= 3, 1.0, np.where(x > -3, x / 3 + 0.5, 0.0))


def softplus(g: np.ndarray, x: np.ndarray, beta: float, threshold: float) -> np.ndarray:
    return g * np.where(beta * x > threshold, 1.0, special.expit(beta * x))


declare(ops.relu_backward, lambda g, y: g * (y != 0))
declare(ops.leaky_relu_backward, lambda g, x, slope: g * np.where(x > 0, 1.0, slope), (0.01,), (1.5,))
declare(
    ops.hardtanh_backward, lambda g, x, low, high: g * ((low < x) & (x < high)), (-1.0, 1.0), (0.0, 3.0),
    kinks=(-1.0, 0.0, 1.0, 3.0),
)  # fmt: skip
declare(ops.hardswish_backward, hardswish, kinks=(-3.0, 3.0))
declare(ops.exponential_unit_backward, unit, (1.0, 1.0, 1.0), (0.5, 1.1, 2.0))
declare(ops.softplus_backward, softplus, (1.0, 20.0), (2.0, 5.0), kinks=(2.5,))
declare(gated.silu_backward, silu)
declare(gated.gelu_backward, gelu, ("none",), ("tanh",))
declare(exponential.sigmoid_backward, lambda g, y: g * y * (1 - y))
declare(trigonometric.tanh_backward, lambda g, y: g * (1 - y * y))
