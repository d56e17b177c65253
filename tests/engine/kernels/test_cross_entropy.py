"""Kernels of cross entropy: errors against float64, wrong classes, NaN, and the same bits on any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.autograd.dispatch import allocate
from engine.backend.device import CPU
from engine.backend.thread_count import kernel_threads
from engine.ops.losses.cross_entropy import class_cross_entropy, cross_entropy_backward

SHAPES = ((2000, 10), (301, 197), (64, 16), (5, 9001), (40_000, 1))
SETTINGS = ((-100, "mean", 0.0), (0, "mean", 0.1), (0, "none", 0.2), (-100, "sum", 1.0))


def drawn(shape: tuple[int, int], weighted: bool) -> tuple[Any, ...]:
    rng = np.random.default_rng(sum(shape))
    x = (4 * rng.normal(size=shape)).astype(np.float32)
    weight = rng.uniform(0.5, 2, shape[1]).astype(np.float32) if weighted else None
    return x, rng.integers(0, shape[1], shape[0]), weight


def fast(op: Any, inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> tuple[np.ndarray, ...]:
    (kernel,) = op.kernels["cpu"]
    assert kernel.accepts(inputs, attributes)
    outputs = allocate(op, CPU, (*inputs, *attributes))
    kernel.function(outputs, inputs, attributes, np.empty(kernel.scratch(inputs, attributes), np.uint8))
    return outputs


def widened(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.astype(float) if each is not None and each.dtype.kind == "f" else each for each in inputs)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("attributes", SETTINGS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_errors_are_those_of_float32(shape: tuple[int, int], attributes: tuple[Any, ...], weighted: bool) -> None:
    inputs = drawn(shape, weighted)
    found = fast(class_cross_entropy, inputs, attributes)
    with np.errstate(invalid="ignore"):
        right = class_cross_entropy.reference(*widened(inputs), *attributes)
    for mine, exact in zip(found, right, strict=True):
        np.testing.assert_allclose(mine, exact, rtol=5e-6, atol=5e-6)
    g = np.cos(np.arange(found[0].size, dtype=np.float32)).reshape(found[0].shape)
    (slopes,) = fast(cross_entropy_backward, (g, *inputs, *found[1:]), attributes)
    with np.errstate(invalid="ignore", divide="ignore"):
        exact = cross_entropy_backward.reference(*widened((g, *inputs)), *right[1:], *attributes)
    np.testing.assert_allclose(slopes, exact, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("rows", [7, 5000])
@pytest.mark.parametrize("wrong", [-1, 10, 2**40])
def test_a_class_that_does_not_exist_is_named(rows: int, wrong: int) -> None:
    x, target, _ = drawn((rows, 10), weighted=False)
    target[rows // 2], target[-1] = wrong, -100
    with pytest.raises(IndexError, match=f"Target {wrong} is out of bounds: there are 10 classes"):
        fast(class_cross_entropy, (x, target, None), (-100, "mean", 0.0))


def test_what_is_ignored_has_no_gradient_whatever_its_logits() -> None:
    x, target, _ = drawn((300, 12), weighted=False)
    target[5], x[5], x[7, 3] = -100, np.nan, np.nan
    attributes = (-100, "none", 0.1)
    losses, *kept = fast(class_cross_entropy, (x, target, None), attributes)
    assert losses[5] == 0
    assert np.isnan(losses[7])
    (slopes,) = fast(cross_entropy_backward, (np.ones_like(losses), x, target, None, *kept), attributes)
    np.testing.assert_array_equal(slopes[5], 0)
    np.testing.assert_array_equal(np.isnan(slopes).any(1), np.arange(300) == 7)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_threads_do_not_change_a_bit(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, attributes, found = drawn(shape, weighted=True), (0, "mean", 0.1), []
    for count in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", count)
        loss, *kept = fast(class_cross_entropy, inputs, attributes)
        (slopes,) = fast(cross_entropy_backward, (loss, *inputs, *kept), attributes)
        found.append([each.tobytes() for each in (loss, *kept, slopes)])
    assert found[0] == found[1]
