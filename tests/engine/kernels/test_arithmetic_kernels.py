"""Arithmetic, sums and selections of large arrays: to the bit where nothing is added up, else within stated errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.autograd.dispatch import allocate, split
from engine.backend.device import CPU
from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu.chunks import CHUNK, SERIAL
from engine.ops.elementwise import arithmetic, selection
from engine.ops.indices.masking import masked_fill
from engine.ops.reductions import reduction

OPS = (arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div)
EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 3e38, -3e38, 1.0, -3.0], np.float32)


def fast(op: Any, *values: Any) -> Any:
    """What the kernel gives; None where it doesn't take these."""
    (kernel,) = op.kernels["cpu"]
    inputs, attributes = split(op, values)
    if not kernel.accepts(inputs, attributes):
        return None
    outputs = allocate(op, CPU, values)
    kernel.function(outputs, inputs, attributes, np.full(kernel.scratch(inputs, attributes), 0xFF, np.uint8))
    return outputs[0]


def random(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of which every seventh is an edge."""
    values = rng.normal(size=shape).astype(np.float32)
    values.reshape(-1)[::7] = rng.choice(EDGES, values.reshape(-1)[::7].shape)
    return values


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_broadcasting_gives_the_bits_of_numpy(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.sampled_from((1, 2, 3, 17, 64)), min_size=1, max_size=4)))
    other = tuple(data.draw(st.sampled_from((1, length))) for length in shape)[data.draw(st.integers(0, len(shape))) :]
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    pair = [random(rng, shape), random(rng, other)]
    if data.draw(st.booleans()):
        pair.reverse()
    for op in OPS:
        found = fast(op, *pair)
        if found is not None:
            with np.errstate(all="ignore"):
                np.testing.assert_array_equal(found, op.reference(*pair))


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
@pytest.mark.parametrize(
    "shapes",
    [
        ((5, 4099), (5, 4099)),
        ((5, 4099), (4099,)),
        ((4099,), (5, 4099)),
        ((2, 1, 20001), (20001,)),
        ((5, 4099), 1e-41),
        (-3.5, (5, 4099)),
        ((5, 4099), ()),
    ],
)
def test_what_lies_in_rows_is_taken(op: Any, shapes: Any) -> None:
    rng = np.random.default_rng(0)
    pair = [random(rng, each) if isinstance(each, tuple) else each for each in shapes]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(fast(op, *pair), op.reference(*pair))


@pytest.mark.parametrize("op", OPS[:3], ids=lambda op: op.name)
@pytest.mark.parametrize("other", [(7, 1, 1), (3, 7, 1, 1), (3, 7, 17, 1)])
def test_what_lies_in_columns_is_taken(op: Any, other: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    pair = random(rng, (3, 7, 17, 19)), random(rng, other)
    np.testing.assert_array_equal(fast(op, *pair), op.reference(*pair))


SUMS: list[tuple[tuple[int, ...], Any]] = [
    ((SERIAL + 1,), None),
    ((5 * CHUNK + 3,), 0),
    ((3, 2 * CHUNK + 5), 1),
    ((4001, 16), -1),
    ((4001, 16), 0),
    ((70, 3000), (0,)),
    ((3, 67, 311), 1),
    ((4, 130, 131), (0, 2)),
    ((1, 4, 130, 1, 131), (-1, 0, 1)),
]


@pytest.mark.parametrize(("shape", "dim"), SUMS)
def test_sums_are_near_those_in_double_precision(shape: tuple[int, ...], dim: Any) -> None:
    x = np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)
    axis = (dim,) if isinstance(dim, int) else dim
    for op, exact in ((reduction.sum, x.sum(axis, float)), (reduction.mean, x.mean(axis, float))):
        np.testing.assert_allclose(fast(op, x, dim, False, None), exact, rtol=2e-6)


@pytest.mark.parametrize(("shape", "dim"), SUMS)
@pytest.mark.parametrize("edge", [np.nan, np.inf, -np.inf])
def test_edges_reach_their_sums_alone(shape: tuple[int, ...], dim: Any, edge: float) -> None:
    x = np.ones(shape, np.float32)
    x.reshape(-1)[x.size // 2] = edge
    np.testing.assert_array_equal(fast(reduction.sum, x, dim, True, None), reduction.sum.reference(x, dim, True))


@pytest.mark.parametrize(("shape", "dim"), SUMS)
def test_threads_do_not_change_a_bit_of_sums(shape: tuple[int, ...], dim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = []
    for count in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", count)
        found.append(fast(reduction.sum, x, dim, False, None).tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("mask_shape", [(5, 7, 4001), (7, 4001), (4001,), (1, 1, 4001)])
def test_selections_give_the_bits_of_numpy(mask_shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x, mask = random(rng, (5, 7, 4001)), rng.random(mask_shape) < 0.5
    np.testing.assert_array_equal(fast(selection.masked, x, mask), np.where(mask, x, np.float32(0)))
    np.testing.assert_array_equal(fast(masked_fill, x, mask, -np.inf), np.where(mask, np.float32(-np.inf), x))
    np.testing.assert_array_equal(fast(selection.where, mask, x, 2.5), np.where(mask, x, np.float32(2.5)))
    np.testing.assert_array_equal(fast(selection.where, mask, np.array(1, np.float32), x), np.where(mask, 1, x))
