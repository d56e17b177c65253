"""Kernels of losses of each element: errors, edges, gradients from one number above, any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu.chunks import SERIAL
from engine.ops.losses import loss

FORWARD = (loss.squared_error, loss.logistic_cross_entropy)
BACKWARD = (loss.squared_error_backward, loss.logistic_cross_entropy_backward)
SIZES = (1, 19, SERIAL, 2 * SERIAL + 77)


def fast(op: Any, *inputs: np.ndarray) -> np.ndarray:
    (kernel,) = op.kernels["cpu"]
    assert kernel.accepts(inputs, ())
    y = np.empty_like(inputs[1])
    kernel.function((y,), inputs, (), np.empty(0, np.uint8))
    return y


def drawn(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(size)
    g, x, t = rng.normal(size=size), 20 * rng.normal(size=size), rng.uniform(size=size)
    return g.astype(np.float32), x.astype(np.float32), t.astype(np.float32)


@pytest.mark.parametrize("size", SIZES)
def test_errors_are_those_of_float32(size: int) -> None:
    g, x, t = drawn(size)
    for op in FORWARD:
        right = op.reference(x.astype(float), t.astype(float))
        np.testing.assert_allclose(fast(op, x, t), right, rtol=1e-6, atol=5e-6)
    for op in BACKWARD:
        for above in (g, np.broadcast_to(g[:1], g.shape)):
            right = op.reference(*(each.astype(float) for each in (above, x, t)))
            np.testing.assert_allclose(fast(op, above, x, t), right, rtol=1e-6, atol=1e-5)


def test_edges_are_as_in_the_reference() -> None:
    edges = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 3e38, -3e38, 100.0, -100.0, 0.5], np.float32)
    g, x, t = (each.ravel().copy() for each in np.meshgrid(edges, edges, edges))
    with np.errstate(all="ignore"):
        for op in FORWARD:
            np.testing.assert_allclose(fast(op, x, t), op.reference(x, t), rtol=1e-6, atol=1e-6)
        # Only here is the order of factors, which decides what is infinite, the compiler's.
        few = np.isin(np.abs(g), (0.5, 100.0)) | np.isnan(g)
        for op in BACKWARD:
            found, right = fast(op, g, x, t), op.reference(g, x, t)
            np.testing.assert_allclose(found[few], right[few], rtol=1e-6, atol=1e-6)


def test_threads_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    g, x, t = drawn(SIZES[-1])
    found = []
    for count in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", count)
        values = [fast(op, x, t) for op in FORWARD] + [fast(op, g, x, t) for op in BACKWARD]
        found.append([each.tobytes() for each in values])
    assert found[0] == found[1]
