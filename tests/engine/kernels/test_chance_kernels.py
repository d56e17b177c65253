"""Random numbers by kernels: the words of the reference to the bit, whatever the size, seed, offset and threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.autograd.draw import Draw
from engine.backend import philox
from engine.backend.dtype import float32
from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu import chance, dropout
from engine.kernels.cpu.chunks import CHUNK, SERIAL
from engine.kernels.cpu.philox import below, seed_of, threshold_of
from engine.kernels.kernel import Kernel

SIZES = (1, 2, 3, 4, 5, 63, 64, 65, CHUNK - 1, CHUNK, CHUNK + 1, SERIAL, SERIAL + 7, 5 * CHUNK + 3)
SEEDS = st.integers(0, 2**64 - 1)
OFFSETS = st.integers(0, 2**63 - 1)


class FixedSource:
    """A generator that never moves on."""

    def draw(self) -> Draw:
        return Draw(self, 5, 11)


def drawn(kernel: Kernel, size: int, seed: int, offset: int) -> np.ndarray:
    y = np.empty(size, np.float32)
    kernel.function((y,), (np.zeros(0),), ((size,), float32, Draw(FixedSource(), seed, offset)), None)
    return y


def dropped(x: np.ndarray, p: float, seed: int, offset: int) -> tuple[np.ndarray, np.ndarray]:
    y, mask = np.empty_like(x), np.empty(x.shape, bool)
    dropout.dropout.function((y, mask), (x,), (p, Draw(FixedSource(), seed, offset)), None)
    return y, mask


@settings(max_examples=40, deadline=None)
@given(SEEDS, OFFSETS, st.floats(0, 1), st.integers(0, 2**34), st.integers(0, 300))
def test_masks_are_those_of_the_reference(seed: int, offset: int, chance_of: float, block: int, size: int) -> None:
    mask = np.empty(size, bool)
    below(mask, block, seed_of(seed), np.uint64(offset), threshold_of(chance_of))
    np.testing.assert_array_equal(mask, philox.bernoulli_mask(np, seed, offset, size, chance_of, start=4 * block))


@settings(max_examples=40, deadline=None)
@given(SEEDS, OFFSETS, st.sampled_from(SIZES), st.sampled_from((0.0, 0.1, 0.5, 1.0)))
def test_dropout_is_the_reference_to_the_bit(seed: int, offset: int, size: int, p: float) -> None:
    x = np.linspace(-2, 3, size, dtype=np.float32)
    y, mask = dropped(x, p, seed, offset)
    expected = philox.bernoulli_mask(np, seed, offset, size, 1 - p)
    np.testing.assert_array_equal(mask, expected)
    np.testing.assert_array_equal(y, np.where(expected, x * (1 / (1 - p) if p < 1 else 0.0), np.float32(0)))
    g = np.empty_like(x)
    dropout.dropout_backward.function((g,), (x, mask), (p,), None)
    np.testing.assert_array_equal(g, y)


def test_what_dropout_leaves_out_is_zero_whatever_it_was() -> None:
    x = np.tile(np.array([np.nan, np.inf, -np.inf, 1.0], np.float32), 100)
    y, mask = dropped(x, 0.5, 3, 4)
    assert (y[~mask] == 0).all()
    np.testing.assert_array_equal(y[mask], x[mask] * 2)


@settings(max_examples=30, deadline=None)
@given(SEEDS, OFFSETS, st.sampled_from(SIZES))
def test_uniform_numbers_are_those_of_the_reference(seed: int, offset: int, size: int) -> None:
    np.testing.assert_array_equal(drawn(chance.new_uniform, size, seed, offset), philox.uniform(np, seed, offset, size))


@settings(max_examples=30, deadline=None)
@given(SEEDS, OFFSETS, st.sampled_from(SIZES))
def test_normal_numbers_are_those_of_the_formula(seed: int, offset: int, size: int) -> None:
    words = philox.bits32(np, seed, offset, size + size % 2).astype(float).reshape(-1, 2)
    radius = np.sqrt(-2 * np.log((words[:, 0] + 0.5) / 2**32))
    angle = 2 * np.pi * (words[:, 1] + 0.5) / 2**32
    exact = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()[:size]
    # Both fractions are rounded to 24 bits: a turn of 2**-25 at a radius of at most 6.8, and near u = 1 the logarithm.
    np.testing.assert_allclose(drawn(chance.new_normal, size, seed, offset), exact, rtol=1e-6, atol=4e-4)
    np.testing.assert_allclose(
        drawn(chance.new_normal, size, seed, offset), philox.normal(np, seed, offset, size), rtol=1e-5, atol=4e-6
    )


def test_normal_numbers_are_normal() -> None:
    numbers = drawn(chance.new_normal, 400_000, 1, 2)
    assert stats.kstest(numbers, "norm").pvalue > 0.001
    assert np.isfinite(numbers).all()
    assert abs(np.corrcoef(numbers[::2], numbers[1::2])[0, 1]) < 0.01


@pytest.mark.parametrize("kernel", [chance.new_uniform, chance.new_normal])
def test_threads_do_not_change_a_bit(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    def bits(count: int) -> Any:
        monkeypatch.setattr(kernel_threads, "count", count)
        x = np.linspace(-2, 3, 7 * CHUNK + 5, dtype=np.float32)
        return [each.tobytes() for each in (drawn(kernel, x.size, 3, 4), *dropped(x, 0.3, 3, 4))]

    assert bits(1) == bits(2)
