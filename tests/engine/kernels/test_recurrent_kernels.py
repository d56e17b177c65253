"""Kernels of recurrent layers: errors over long sequences, edges of batches, NaN, the same bits on any threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu import gemm, recurrent_gru, recurrent_lstm, recurrent_products, recurrent_rnn
from engine.kernels.cpu.jit import address
from engine.kernels.cpu.recurrent_shares import MOST
from engine.kernels.cpu.vectors import COLUMNS
from engine.kernels.kernel import Kernel
from engine.ops.sequences.recurrent_gru import gru_sequence, gru_sequence_backward
from engine.ops.sequences.recurrent_lstm import lstm_sequence, lstm_sequence_backward
from engine.ops.sequences.recurrent_rnn import rnn_sequence, rnn_sequence_backward

Sizes = tuple[int, ...]
ROWS = recurrent_products.ROWS


class Case:
    """An op over sequences and its backward op, their kernels, and inputs for both."""

    def __init__(self, name: str, sizes: Sizes, from_end: bool, size: int, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        rows, batch = sum(sizes), sizes[0]
        gates = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}[name]
        weight = self.drawn(gates * size, size) / np.float32(size**0.5)
        brought, hidden = self.drawn(rows, gates * size), self.drawn(batch, size)
        self.attributes: tuple[Any, ...] = sizes, from_end
        self.inputs: tuple[Any, ...]
        if name == "lstm":
            self.op, self.backward_op = lstm_sequence, lstm_sequence_backward
            self.kernel, self.backward_kernel = recurrent_lstm.lstm_sequence, recurrent_lstm.lstm_sequence_backward
            self.inputs = brought, weight, hidden, self.drawn(batch, size)
        elif name == "gru":
            self.op, self.backward_op = gru_sequence, gru_sequence_backward
            self.kernel, self.backward_kernel = recurrent_gru.gru_sequence, recurrent_gru.gru_sequence_backward
            self.inputs = brought, weight, self.drawn(gates * size), hidden
        else:
            self.op, self.backward_op = rnn_sequence, rnn_sequence_backward
            self.kernel, self.backward_kernel = recurrent_rnn.rnn_sequence, recurrent_rnn.rnn_sequence_backward
            self.inputs = brought, weight, hidden
            self.attributes = name.removeprefix("rnn_"), sizes, from_end

    def drawn(self, *shape: int) -> np.ndarray:
        return self.rng.standard_normal(shape).astype(np.float32)

    def backward_inputs(self, outputs: tuple[np.ndarray, ...]) -> tuple[Any, ...]:
        upstream = self.drawn(*outputs[0].shape), self.drawn(*outputs[1].shape)
        weight = self.inputs[1]
        if self.op is lstm_sequence:
            return *upstream, self.drawn(*outputs[2].shape), None, None, weight, self.inputs[3], *outputs[3:]
        if self.op is gru_sequence:
            return *upstream, None, None, weight, self.inputs[3], outputs[0], *outputs[2:]
        return *upstream, weight, outputs[0]


def widened(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.astype(np.float64) if isinstance(each, np.ndarray) else each for each in values)


def filled(op: Any, kernel: Kernel, inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> tuple[np.ndarray, ...]:
    assert kernel.accepts(inputs, attributes)
    shapes = [each.shape for each in op.reference(*inputs, *attributes)]
    outputs = tuple(np.full(shape, np.nan, np.float32) for shape in shapes)
    scratch = np.full(kernel.scratch(inputs, attributes), 0xFF, np.uint8)
    kernel.function(outputs, inputs, attributes, scratch)
    return outputs


NAMES = ("lstm", "gru", "rnn_tanh", "rnn_relu")
names = pytest.mark.parametrize("name", NAMES)


@names
def test_errors_stay_small_over_long_sequences(name: str) -> None:
    """Forward within 2e-5 and back within 1e-4 of float64 after 200 steps, of what is largest."""
    case = Case(name, (9,) * 200, from_end=False, size=50)
    outputs = filled(case.op, case.kernel, case.inputs, case.attributes)
    exact = case.op.reference(*widened(case.inputs), *case.attributes)
    for found, right in zip(outputs, exact, strict=True):
        assert np.abs(found - right).max() <= 2e-5 * np.abs(right).max()
    inputs = case.backward_inputs(outputs)
    gradients = filled(case.backward_op, case.backward_kernel, inputs, case.attributes)
    exact = case.backward_op.reference(*widened(inputs), *case.attributes)
    for found, right in zip(gradients, exact, strict=True):
        assert np.abs(found - right).max() <= 1e-4 * np.abs(right).max()


@settings(max_examples=60)
@given(
    st.sampled_from(NAMES),
    st.lists(st.sampled_from((1, 2, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS + 3, MOST, MOST + 1)), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from((1, 3, COLUMNS // 4, COLUMNS - 1, COLUMNS, COLUMNS + 1)),
)
def test_batches_of_all_sizes_and_lengths(name: str, sizes: list[int], from_end: bool, size: int) -> None:
    case = Case(name, tuple(sorted(sizes, reverse=True)), from_end, size)
    outputs = filled(case.op, case.kernel, case.inputs, case.attributes)
    for found, right in zip(outputs, case.op.reference(*case.inputs, *case.attributes), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-5)
    inputs = case.backward_inputs(outputs)
    gradients = filled(case.backward_op, case.backward_kernel, inputs, case.attributes)
    for found, right in zip(gradients, case.backward_op.reference(*inputs, *case.attributes), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4)


@names
def test_threads_do_not_change_a_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(name, (45, 45, 30, 17, 2), from_end=True, size=37)
    found = []
    for count in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", count)
        outputs = filled(case.op, case.kernel, case.inputs, case.attributes)
        case.rng = np.random.default_rng(1)
        inputs = case.backward_inputs(outputs)
        gradients = filled(case.backward_op, case.backward_kernel, inputs, case.attributes)
        found.append([each.tobytes() for each in (*outputs, *gradients)])
    assert found[0] == found[1]


# Infinities and NaN are what this is about.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@names
def test_nan_and_infinity_spread_as_in_the_reference(name: str) -> None:
    """A sequence that meets them spoils itself alone."""
    case = Case(name, (20,) * 4, from_end=False, size=33)
    brought = case.inputs[0]
    brought[3, 5], brought[24, 0], brought[25, 7], brought[26, 32], case.inputs[-1][9, 2] = (
        np.nan,
        np.inf,
        -np.inf,
        np.nan,
        np.inf,
    )
    outputs = filled(case.op, case.kernel, case.inputs, case.attributes)
    expected = case.op.reference(*case.inputs, *case.attributes)
    for found, right in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4)
    inputs = case.backward_inputs(expected)
    gradients = filled(case.backward_op, case.backward_kernel, inputs, case.attributes)
    for found, right in zip(gradients, case.backward_op.reference(*inputs, *case.attributes), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn_relu"])
def test_gradients_that_training_does_not_ask_for_are_left_to_the_reference(name: str) -> None:
    case = Case(name, (4, 4), from_end=False, size=3)
    outputs = case.op.reference(*case.inputs, *case.attributes)
    inputs = case.backward_inputs(outputs)
    assert case.backward_kernel.accepts(inputs, case.attributes)
    assert not case.backward_kernel.accepts((np.asfortranarray(inputs[0]), *inputs[1:]), case.attributes)
    if name != "rnn_relu":
        saved = [place for place, each in enumerate(inputs) if each is None][-1]
        given = (*inputs[:saved], outputs[-1], *inputs[saved + 1 :])
        assert not case.backward_kernel.accepts(given, case.attributes)


@pytest.mark.parametrize(("rows", "columns", "depth"), [(1, 1, 1), (ROWS + 1, COLUMNS + 1, 7), (3 * ROWS, 40, 130)])
def test_states_that_lie_anywhere_times_a_packed_weight(rows: int, columns: int, depth: int) -> None:
    rng = np.random.default_rng(rows)
    whole, wide = -(-rows // ROWS) * ROWS, -(-columns // COLUMNS) * COLUMNS
    states = rng.standard_normal((2 * whole, depth)).astype(np.float32)
    weight = rng.standard_normal((depth, columns)).astype(np.float32)
    packed = np.empty(gemm.packed_bytes(depth, columns), np.uint8)
    gemm.pack_right(address(weight), *weight.strides, depth, columns, address(packed))
    order = rng.permutation(2 * whole)[:whole]
    target = np.empty((whole, wide), np.float32)
    addresses = address(states) + order * states.strides[0]
    recurrent_products.multiply_states(addresses, address(packed), columns, depth, target)
    expected = states[order].astype(np.float64) @ weight
    np.testing.assert_allclose(target[:, :columns], expected, rtol=1e-5, atol=1e-6 * depth)


@names
def test_memory_lent_for_some_threads_is_enough_for_others(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorded step asks once what memory it needs; the number of threads may change after that."""
    case = Case(name, (70, 70), from_end=False, size=5)
    lent = set()
    for count in (1, 2, 3, 8, 70):
        monkeypatch.setattr(kernel_threads, "count", count)
        lent.add(case.kernel.scratch(case.inputs, case.attributes))
    assert len(lent) == 1
