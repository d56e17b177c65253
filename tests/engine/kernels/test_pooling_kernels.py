"""Pooling by kernels: every window, NaN and infinities as in the reference, the same bits on any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.autograd.dispatch import allocate, split
from engine.backend.device import CPU
from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu.vectors import LANES
from engine.ops.signals import adaptive_pooling, average_pooling, pooling

WIDTHS = (1, 2, 3, 2 * LANES - 1, 2 * LANES, 2 * LANES + 1, 4 * LANES + 3)


def fast(op: Any, *values: Any) -> tuple[np.ndarray, ...]:
    (kernel,) = op.kernels["cpu"]
    inputs, attributes = split(op, values)
    outputs = allocate(op, CPU, values)
    kernel.function(outputs, inputs, attributes, np.full(kernel.scratch(inputs, attributes), 0xFF, np.uint8))
    return outputs


windows = st.tuples(
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.booleans(),
)


def image(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Few values, so that many are equal, and some that are no numbers."""
    values = np.array([0, -1, 1, 2, -np.inf, np.inf, np.nan], np.float32)
    return np.random.default_rng(seed).choice(values, shape, p=(0.3, 0.3, 0.1, 0.1, 0.1, 0.05, 0.05))


@settings(max_examples=150, deadline=None)
@given(windows, st.integers(1, 9), st.sampled_from(WIDTHS), st.integers(0, 99))
def test_max_pooling_is_the_reference_to_the_bit(window: Any, height: int, width: int, seed: int) -> None:
    x = image((2, 3, height, width), seed)
    try:
        values, indices = pooling.max_pool.reference(x, *window)
    except RuntimeError:
        assume(False)
    found = fast(pooling.max_pool, x, *window)
    np.testing.assert_array_equal(found[0], values)
    np.testing.assert_array_equal(found[1], indices)


@pytest.mark.parametrize("width", [2, *WIDTHS[2:]])
@pytest.mark.parametrize("height", [2, 3, 8])
def test_quarters_are_the_reference_to_the_bit(height: int, width: int) -> None:
    window = (2, 2), (2, 2), (0, 0), (1, 1), False
    for seed in range(5):
        x = image((3, 2, height, width), seed)
        for found, expected in zip(
            fast(pooling.max_pool, x, *window), pooling.max_pool.reference(x, *window), strict=True
        ):
            np.testing.assert_array_equal(found, expected)


def test_a_place_outside_of_the_plane_is_refused() -> None:
    g, places = np.ones((2, 3, 4), np.float32), np.full((2, 3, 4), 5)
    places[1, 2, 3] = 36
    with pytest.raises(IndexError, match="place 36 is outside of a plane of 36 elements"):
        fast(pooling.max_pool_backward, g, places, (6, 6), False)


@settings(max_examples=80, deadline=None)
@given(windows, st.integers(1, 9), st.sampled_from(WIDTHS), st.booleans(), st.sampled_from((None, 3)))
def test_averages_and_their_shares(window: Any, height: int, width: int, padded: bool, divisor: int | None) -> None:
    kernel, stride, padding, _, ceil_mode = window
    x = np.random.default_rng(0).normal(size=(2, 3, height, width)).astype(np.float32)
    rest = kernel, stride, padding, ceil_mode, padded, divisor
    try:
        expected = average_pooling.avg_pool.reference(x.astype(float), *rest)
    except RuntimeError:
        assume(False)
    np.testing.assert_allclose(fast(average_pooling.avg_pool, x, *rest)[0], expected, rtol=1e-5, atol=1e-6)
    g = expected.astype(np.float32)
    shares = average_pooling.avg_pool_backward.reference(g.astype(float), (height, width), *rest)
    found = fast(average_pooling.avg_pool_backward, g, (height, width), *rest)[0]
    np.testing.assert_allclose(found, shares, rtol=1e-5, atol=1e-5)


CALLS: list[tuple[Any, ...]] = [
    (pooling.max_pool, (3, 9, 40, 41), (3, 3), (2, 2), (1, 1), (1, 1), False),
    (pooling.max_pool, (3, 9, 40, 41), (2, 2), (2, 2), (0, 0), (1, 1), False),
    (average_pooling.avg_pool, (3, 9, 40, 41), (3, 3), (2, 2), (1, 1), False, True, None),
    (average_pooling.avg_pool_backward, (3, 9, 20, 21), (40, 41), (3, 3), (2, 2), (1, 1), False, True, None),
    (adaptive_pooling.adaptive_avg_pool, (3, 9, 40, 41), (1, 1)),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0].name}-{call[2]}")
def test_threads_do_not_change_a_bit(call: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    op, shape, *attributes = call
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = []
    for count in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", count)
        found.append([each.tobytes() for each in fast(op, x, *attributes)])
    assert found[0] == found[1]
