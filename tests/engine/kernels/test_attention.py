"""Kernels of attention: errors against float64, NaN and infinities, dropout's bits, threads, and memory."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.draw import Draw
from engine.backend.philox import bernoulli_mask
from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu import attention as kernels
from engine.ops.sequences import attention as ops
from engine.tensors.generator import default_generator

# Examples, heads, queries, keys, features, width of values.
SIZES = [(2, 3, 64, 64, 32, 32), (1, 2, 45, 77, 64, 64), (3, 1, 100, 33, 20, 40), (1, 1, 33, 300, 80, 16)]
DRAW = Draw(default_generator, 2**40 + 3, 17)


def drawn(batch: int, heads: int, length: int, width: int, seed: int) -> np.ndarray:
    """[batch, heads, length, width] as it comes out of a projection: lengths before heads in memory."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(batch, length, heads, width)).astype(np.float32).swapaxes(1, 2)


def inputs(batch: int, heads: int, queries: int, keys: int, features: int, width: int) -> tuple[Any, Any, Any]:
    lengths = (queries, features), (keys, features), (keys, width)
    query, key, value = (drawn(batch, heads, *each, seed) for seed, each in enumerate(lengths))
    return query, key, value


def forward(given: tuple[Any, ...], *rules: Any) -> tuple[Any, Any]:
    """What the kernel fills: outputs [batch, queries, heads, width], and log-sum-exps."""
    kernel = kernels.attention
    assert kernel.accepts(given, rules)
    batch, heads, queries, _ = given[0].shape
    output = np.full((batch, queries, heads, given[2].shape[-1]), np.nan, np.float32)
    sums = np.full((batch, heads, queries), np.nan, np.float32)
    kernel.function((output, sums), given, rules, np.full(kernel.scratch(given, rules), 0xFF, np.uint8))
    return output, sums


def backward(upstream: Any, given: tuple[Any, ...], output: Any, sums: Any, *rules: Any) -> tuple[Any, ...]:
    kernel, whole = kernels.attention_backward, (upstream, *given, output, sums)
    assert kernel.accepts(whole, rules)
    found = tuple(np.full_like(each.swapaxes(1, 2), np.nan, order="C") for each in given[:3])
    kernel.function(found, whole, rules, np.full(kernel.scratch(whole, rules), 0xFF, np.uint8))
    return found


def upstream_of(output: np.ndarray) -> np.ndarray:
    return np.random.default_rng(9).normal(size=output.shape).astype(np.float32)


def widened(given: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.astype(float) if each is not None and each.dtype == np.float32 else each for each in given)


@pytest.mark.parametrize("p", [0.0, 0.2])
@pytest.mark.parametrize("masking", ["none", "causal", "seen", "added"])
@pytest.mark.parametrize("size", SIZES)
def test_errors_are_those_of_float32(size: tuple[int, ...], masking: str, p: float) -> None:
    lengths, rng = size[2:4], np.random.default_rng(1)
    seen = rng.uniform(size=lengths) > 0.5
    seen[3] = False
    mask = {"seen": seen, "added": rng.normal(size=(size[0], 1, 1, lengths[1])).astype(np.float32)}.get(masking)
    given = (*inputs(*size), mask)
    rules = masking == "causal", 1 / math.sqrt(size[4]), p, DRAW if p else None
    wide = ops.attention.reference(*widened(given), *rules)
    output, sums = forward(given, *rules)
    np.testing.assert_allclose(output, wide[0], rtol=1e-5, atol=3e-6)
    np.testing.assert_allclose(sums, wide[1], rtol=1e-6, atol=1e-6)
    upstream = upstream_of(output)
    right = ops.attention_backward.reference(*widened((upstream, *given)), *wide, *rules)
    for found, each in zip(backward(upstream, given, output, sums, *rules), right, strict=True):
        np.testing.assert_allclose(found, each, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_edges_are_as_in_the_reference(value: float) -> None:
    size = (1, 2, 48, 50, 16, 16)
    query, key, values = inputs(*size)
    key[0, 0, 7, 3] = value
    query[0, 1, 2, 1] = value
    seen = np.random.default_rng(2).uniform(size=(48, 50)) > 0.3
    added = np.where(seen, 0, -np.inf).astype(np.float32)
    added[4, 4] = value
    for mask in (None, seen, added):
        given, rules = (query, key, values, mask), (False, 0.25, 0.0, None)
        with np.errstate(all="ignore"):
            right = ops.attention.reference(*given, *rules)
            found = forward(given, *rules)
            for mine, other in zip(found, right, strict=True):
                np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)
            upstream = upstream_of(found[0])
            slopes = ops.attention_backward.reference(upstream, *given, *right, *rules)
        for mine, other in zip(backward(upstream, given, *found, *rules), slopes, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("keys", [48, 37])
def test_dropout_takes_the_words_of_the_logical_elements(keys: int) -> None:
    query, key, _ = inputs(2, 3, 37, keys, 16, 16)
    value = np.broadcast_to(np.eye(keys, dtype=np.float32), (2, 3, keys, keys))
    weights = forward((query, key, value, None), False, 0.25, 0.3, DRAW)[0].swapaxes(1, 2)
    kept = bernoulli_mask(np, DRAW.seed, DRAW.offset, (2, 3, 37, keys), 0.7)
    np.testing.assert_array_equal(weights > 0, kept)
    plain = forward((query, key, value, None), False, 0.25, 0.0, None)[0].swapaxes(1, 2)
    np.testing.assert_allclose(weights[kept] * 0.7, plain[kept], rtol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_bits_do_not_depend_on_threads(size: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    given, rules, found = (*inputs(*size), None), (True, 0.2, 0.1, DRAW), []
    for threads in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", threads)
        output, sums = forward(given, *rules)
        found.append([output, sums, *backward(upstream_of(output), given, output, sums, *rules)])
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_scores_are_never_stored_whole() -> None:
    engine.manual_seed(0)
    length = 1024
    x = engine.randn(1, 2, length, 16, requires_grad=True)
    attend = engine.nn.functional.scaled_dot_product_attention
    tracemalloc.start()
    try:
        attend(x, x, x, dropout_p=0.1).sum().backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * length * length * 4 / 2


def test_dropped_weights_come_back_in_the_gradient() -> None:
    def loss(x: Any) -> Any:
        engine.manual_seed(5)
        return (engine.nn.functional.scaled_dot_product_attention(x, x, x, dropout_p=0.4) ** 2).sum()

    x = engine.tensor(drawn(2, 2, 37, 16, 3)).requires_grad_()
    loss(x).backward()
    direction = drawn(2, 2, 37, 16, 4)
    wide = x.detach().double()
    step = engine.tensor(direction).double() * 1e-5
    slope = (loss(wide + step) - loss(wide - step)).item() / 2e-5
    np.testing.assert_allclose((x.grad.numpy() * direction).sum(), slope, rtol=1e-4)
