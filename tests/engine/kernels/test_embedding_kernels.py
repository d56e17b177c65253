"""Rows taken from tables and added up in them: against loops, in a fixed order, never outside of the table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu import embedding as kernels
from engine.kernels.kernel import Kernel
from engine.ops.sequences import embedding as room


def run(kernel: Kernel, shape: tuple[int, ...], inputs: tuple[np.ndarray, ...], *attributes: int) -> np.ndarray:
    assert kernel.accepts(inputs, attributes)
    y = np.full(shape, np.nan, np.float32)
    kernel.function((y,), inputs, attributes, np.full(kernel.scratch(inputs, attributes), 0xFF, np.uint8))
    return y


def added(x: np.ndarray, numbers: np.ndarray, length: int, padding: int = -1) -> np.ndarray:
    return run(kernels.add_rows, (length, x.shape[1]), (x, numbers), length, padding)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rows_are_added_in_their_order(data: st.DataObject) -> None:
    length, count = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 3000))
    width, padding = data.draw(st.sampled_from((1, 3, 16, 65))), data.draw(st.integers(-1, length - 1))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    numbers = rng.integers(0, length, count) ** 3 // length**2
    x = rng.normal(size=(count, width)).astype(np.float32)
    expected = np.zeros((length, width), np.float32)
    for number, each in zip(numbers, x, strict=True):
        expected[number] += each if number != padding else 0
    np.testing.assert_array_equal(added(x, numbers, length, padding), expected)


@pytest.mark.parametrize("wrong", [-1, 50, 2**40])
def test_a_row_that_is_not_there_is_refused_as_by_the_reference(wrong: int) -> None:
    table, numbers = np.ones((50, 64), np.float32), np.arange(900) % 50
    numbers[7] = wrong
    with pytest.raises(IndexError) as refusal:
        run(kernels.embedding, (900, 64), (table, numbers), -1, 0)
    with pytest.raises(IndexError) as expected:
        room.embedding.reference(table, numbers)
    assert str(refusal.value) == str(expected.value)
    with pytest.raises(IndexError, match="table of 50 rows"):
        added(np.ones((900, 64), np.float32), numbers, 50)


def test_numbers_may_lie_apart() -> None:
    rng = np.random.default_rng(0)
    table, numbers = rng.normal(size=(50, 64)).astype(np.float32), rng.integers(0, 50, (31, 41))[:, :-1]
    np.testing.assert_array_equal(run(kernels.embedding, (31, 40, 64), (table, numbers), -1, 0), table[numbers])


def test_threads_do_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, numbers = rng.normal(size=(4000, 64)).astype(np.float32), rng.integers(0, 9, 4000)
    found = []
    for count in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", count)
        found.append(added(x, numbers, 30).tobytes())
    assert found[0] == found[1]
