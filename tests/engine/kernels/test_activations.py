"""Kernels of activations and of their backward passes: errors, edges, and the same bits on any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu.chunks import SERIAL
from engine.ops.elementwise import activation, exponential, gated_activation, trigonometric

LEAKY, UNIT, CLIP, SOFTPLUS = (0.01,), (1.5, 1.1, 0.7), (-1.0, 2.0), (2.0, 8.0)
FORWARD: list[tuple[Any, tuple[Any, ...]]] = [
    (activation.relu, ()),
    (activation.leaky_relu, LEAKY),
    (activation.hardtanh, CLIP),
    (activation.hardswish, ()),
    (activation.elu, (1.5,)),
    (activation.celu, (1.5,)),
    (activation.selu, ()),
    (activation.softplus, SOFTPLUS),
    (activation.logsigmoid, ()),
    (gated_activation.silu, ()),
    (gated_activation.mish, ()),
    (gated_activation.gelu, ("none",)),
    (gated_activation.gelu, ("tanh",)),
    (trigonometric.tanh, ()),
    (exponential.sigmoid, ()),
    (exponential.exp, ()),
    (exponential.expm1, ()),
    (exponential.log, ()),
    (exponential.log1p, ()),
    (exponential.erf, ()),
]
BACKWARD: list[tuple[Any, tuple[Any, ...]]] = [
    (activation.relu_backward, ()),
    (activation.leaky_relu_backward, LEAKY),
    (activation.hardtanh_backward, CLIP),
    (activation.hardswish_backward, ()),
    (activation.exponential_unit_backward, UNIT),
    (activation.softplus_backward, SOFTPLUS),
    (gated_activation.silu_backward, ()),
    (gated_activation.gelu_backward, ("none",)),
    (gated_activation.gelu_backward, ("tanh",)),
    (trigonometric.tanh_backward, ()),
    (exponential.sigmoid_backward, ()),
]
EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 3e38, -3e38, 90.0, -90.0, 3.0, -3.0], np.float32)


def named(case: tuple[Any, tuple[Any, ...]]) -> str:
    return "-".join([case[0].name, *map(str, case[1])])


def fast(op: Any, inputs: tuple[np.ndarray, ...], attributes: tuple[Any, ...]) -> np.ndarray:
    (kernel,) = op.kernels["cpu"]
    assert kernel.accepts(inputs, attributes)
    y = np.empty_like(inputs[0])
    kernel.function((y,), inputs, attributes, np.empty(0, np.uint8))
    return y


def reference(op: Any, inputs: tuple[np.ndarray, ...], attributes: tuple[Any, ...]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return op.reference(*inputs, *attributes)


@pytest.mark.parametrize("case", FORWARD + BACKWARD, ids=named)
def test_errors_are_those_of_float32(case: tuple[Any, tuple[Any, ...]]) -> None:
    op, attributes = case
    x = np.linspace(-30, 30, SERIAL + 77, dtype=np.float32)
    inputs = (x,) if case in FORWARD else (np.cos(x), x)
    found, right = fast(op, inputs, attributes), reference(op, tuple(each.astype(float) for each in inputs), attributes)
    # Terms that cancel are as large as the input at most.
    np.testing.assert_allclose(found, right, rtol=1e-6, atol=3e-7 * (1 + np.abs(x).max() / 10))


@pytest.mark.parametrize("case", FORWARD, ids=named)
def test_edges_are_as_in_the_reference(case: tuple[Any, tuple[Any, ...]]) -> None:
    op, attributes = case
    # Whole vectors and the rest of a loop are compiled apart.
    x = np.concatenate([np.tile(EDGES, 16), EDGES])
    np.testing.assert_allclose(fast(op, (x,), attributes), reference(op, (x,), attributes), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", BACKWARD, ids=named)
def test_edges_of_gradients_are_as_in_the_reference(case: tuple[Any, tuple[Any, ...]]) -> None:
    op, attributes = case
    # These keep their outputs, which are bounded.
    edges = np.clip(EDGES, -1, 1) if op.name in ("tanh_backward", "sigmoid_backward") else EDGES
    g, x = (each.ravel().copy() for each in np.meshgrid(np.array([1.5, np.nan, np.inf, 0.0], np.float32), edges))
    np.testing.assert_allclose(fast(op, (g, x), attributes), reference(op, (g, x), attributes), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", FORWARD + BACKWARD, ids=named)
def test_threads_do_not_change_a_bit(case: tuple[Any, tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    op, attributes = case
    x = np.random.default_rng(0).normal(size=3 * SERIAL + 5).astype(np.float32)
    inputs = (x,) if case in FORWARD else (x[::-1].copy(), x)
    monkeypatch.setattr(kernel_threads, "count", 1)
    alone = fast(op, inputs, attributes)
    monkeypatch.setattr(kernel_threads, "count", 2)
    np.testing.assert_array_equal(fast(op, inputs, attributes), alone)
