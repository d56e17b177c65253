"""Rows of activations: the oracles are their definitions, case by case."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from engine.ops.elementwise import activation as ops
from engine.ops.elementwise import gated_activation as gated
from engine.testing.row import Sample, row, sample, unary

FUNCTIONAL = "nn.functional."
Samples = Callable[[np.random.Generator], list[Sample]]
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def with_settings(*settings: tuple[float | str, ...], away_from: tuple[float, ...] = (0.0,)) -> Samples:
    """One array for each of the settings, and one for the defaults."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        arrays = [each.args[0] for each in unary(-4.0, 4.0, away_from)(rng)]
        return [sample(arrays[0], *setting) for setting in settings] + [sample(each) for each in arrays]

    return draw


def large(*settings: Any) -> Samples:
    """One array above the sizes at which threads share the work, with each of the settings."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        return [sample(rng.uniform(-4, 4, (33, 1025)), *setting) for setting in settings or ((),)]

    return draw


def leaky(input: np.ndarray, negative_slope: float = 0.01) -> np.ndarray:
    return np.where(input > 0, input, negative_slope * input)


def exponential_unit(input: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(input > 0, input, alpha * np.expm1(input))


def continuous_unit(input: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(input > 0, input, alpha * np.expm1(input / alpha))


def softly_plus(input: np.ndarray, beta: float = 1.0, threshold: float = 20.0) -> np.ndarray:
    return np.where(input * beta > threshold, input, np.logaddexp(0.0, input * beta) / beta)


def gaussian_unit(input: np.ndarray, approximate: str = "none") -> np.ndarray:
    if approximate == "none":
        return input * special.ndtr(input)
    return input * special.expit(2 * np.sqrt(2 / np.pi) * (input + 0.044715 * input**3))


def hard_shrunk(input: np.ndarray, lambd: float = 0.5) -> np.ndarray:
    return np.where(np.abs(input) > lambd, input, 0.0)


def soft_shrunk(input: np.ndarray, lambd: float = 0.5) -> np.ndarray:
    return np.sign(input) * np.maximum(np.abs(input) - lambd, 0.0)


def bounded(input: np.ndarray, min_val: float = -1.0, max_val: float = 1.0) -> np.ndarray:
    return np.clip(input, min_val, max_val)


def hard_gate(input: np.ndarray) -> np.ndarray:
    return np.clip(input / 6 + 0.5, 0.0, 1.0)


def torch_gelu(input: Any, approximate: str = "none") -> Any:
    from torch.nn.functional import gelu

    return gelu(input, approximate=approximate)


row(
    ops.relu,
    lambda input: np.maximum(input, 0),
    unary(away_from=(0.0,)),
    torch="relu",
    elementwise=True,
    special=True,
    large=large(),
)
row(
    ops.leaky_relu,
    leaky,
    with_settings((0.2,), (1.5,)),
    torch=FUNCTIONAL + "leaky_relu",
    elementwise=True,
    large=large((0.2,)),
)
row(
    ops.threshold, lambda input, threshold, value: np.where(input > threshold, input, value),
    lambda rng: [sample(rng.choice([-3.0, -1.0, 0.7, 2.0], (3, 4)), 0.5, -7.0)], torch=FUNCTIONAL + "threshold",
)  # fmt: skip
row(
    ops.hardtanh,
    bounded,
    with_settings((-2.1, 0.6), away_from=(-2.1, -1.0, 0.6, 1.0)),
    torch=FUNCTIONAL + "hardtanh",
    large=large((-2.1, 0.6)),
)
row(ops.hardsigmoid, hard_gate, unary(-5.0, 5.0, (-3.0, 3.0)), torch=FUNCTIONAL + "hardsigmoid", elementwise=True)
row(
    ops.hardswish, lambda input: input * hard_gate(input), unary(-5.0, 5.0, (-3.0, 3.0)),
    torch=FUNCTIONAL + "hardswish", elementwise=True, large=large(),
)  # fmt: skip
row(
    ops.hardshrink,
    hard_shrunk,
    with_settings((1.2,), away_from=(-1.2, -0.5, 0.5, 1.2)),
    torch=FUNCTIONAL + "hardshrink",
)
row(
    ops.softshrink,
    soft_shrunk,
    with_settings((1.2,), away_from=(-1.2, -0.5, 0.5, 1.2)),
    torch=FUNCTIONAL + "softshrink",
)
row(ops.elu, exponential_unit, with_settings((0.5,)), torch=FUNCTIONAL + "elu", elementwise=True, large=large((0.5,)))
row(ops.celu, continuous_unit, with_settings((0.5,)), torch=FUNCTIONAL + "celu", elementwise=True, large=large((0.5,)))
row(
    ops.selu, lambda input: SCALE * exponential_unit(input, ALPHA), with_settings(), torch="selu", elementwise=True,
    special=True, large=large(),
)  # fmt: skip
row(
    ops.softplus,
    softly_plus,
    with_settings((2.0, 5.0), away_from=(2.5,)),
    torch=FUNCTIONAL + "softplus",
    elementwise=True,
    large=large((2.0, 5.0)),
)
row(
    ops.logsigmoid,
    special.log_expit,
    unary(-9.0, 9.0),
    torch=FUNCTIONAL + "logsigmoid",
    elementwise=True,
    large=large(),
)
row(
    gated.silu,
    lambda input: input * special.expit(input),
    unary(),
    torch=FUNCTIONAL + "silu",
    elementwise=True,
    large=large(),
)
row(
    gated.mish,
    lambda input: input * np.tanh(np.logaddexp(0.0, input)),
    unary(),
    torch=FUNCTIONAL + "mish",
    elementwise=True,
    large=large(),
)
row(
    gated.gelu, gaussian_unit, with_settings(("tanh",)), elementwise=True, large=large((), ("tanh",)),
    torch=torch_gelu,
)  # fmt: skip
