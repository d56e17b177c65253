"""Kernels of softmax: errors against float64, NaN and infinities, and the same bits on any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu import softmax as kernels
from engine.ops.reductions import softmax as ops

SHAPES = ((700, 7), (331, 197), (5, 9001), (1, 70000), (70000, 1))


def forward(kernel: Any, x: np.ndarray) -> np.ndarray:
    assert kernel.accepts((x,), (-1, None))
    y = np.empty_like(x)
    kernel.function((y,), (x,), (-1, None), np.empty(0, np.uint8))
    return y


def backward(kernel: Any, g: np.ndarray, y: np.ndarray) -> np.ndarray:
    assert kernel.accepts((g, y), (-1,))
    d = np.empty_like(y)
    kernel.function((d,), (g, y), (-1,), np.empty(0, np.uint8))
    return d


def drawn(shape: tuple[int, ...], spread: float = 5.0) -> np.ndarray:
    return (spread * np.random.default_rng(sum(shape)).normal(size=shape)).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_errors_are_those_of_float32(shape: tuple[int, ...]) -> None:
    x, g = drawn(shape), drawn(shape[::-1], 1.0).reshape(shape)
    wide, wide_g = x.astype(float), g.astype(float)
    y, logarithm = special.softmax(wide, -1), special.log_softmax(wide, -1)
    np.testing.assert_allclose(forward(kernels.softmax, x), y, rtol=5e-6, atol=1e-37)
    np.testing.assert_allclose(forward(kernels.log_softmax, x), logarithm, rtol=1e-6, atol=1e-6)
    slope = y * (wide_g - (wide_g * y).sum(-1, keepdims=True))
    np.testing.assert_allclose(backward(kernels.softmax_backward, g, y.astype(np.float32)), slope, rtol=1e-5, atol=1e-6)
    slope = wide_g - y * wide_g.sum(-1, keepdims=True)
    found = backward(kernels.log_softmax_backward, g, logarithm.astype(np.float32))
    np.testing.assert_allclose(found, slope, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("columns", [1, 3, 40])
def test_edges_are_as_in_the_reference(value: float, columns: int) -> None:
    x = drawn((6, columns))
    x[1, columns // 2], x[2], x[3, -1], x[4, 0] = value, value, value, 3e38
    for op in (ops.softmax, ops.log_softmax):
        (kernel,) = op.kernels["cpu"]
        with np.errstate(all="ignore"):
            right = op.reference(x, -1)
        np.testing.assert_allclose(forward(kernel, x), right, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_threads_do_not_change_a_bit(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    x, found = drawn(shape), []
    for count in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", count)
        y, logarithm = forward(kernels.softmax, x), forward(kernels.log_softmax, x)
        slopes = backward(kernels.softmax_backward, x, y), backward(kernels.log_softmax_backward, x, logarithm)
        found.append([each.tobytes() for each in (y, logarithm, *slopes)])
    assert found[0] == found[1]
