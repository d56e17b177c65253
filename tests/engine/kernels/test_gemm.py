"""Products by tiles against NumPy's in float64: all edges, all layouts, the same bits however the work is cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.cpu import gemm, products
from engine.kernels.cpu.vectors import COLUMNS, LANES, ROWS

EDGES = (1, 2, LANES, LANES + 1, ROWS - 1, ROWS, ROWS + 1, COLUMNS, COLUMNS + 1, gemm.PANELS * ROWS + 3, gemm.DEPTH + 5)


def matrix(rng: np.random.Generator, rows: int, columns: int, layout: str) -> np.ndarray:
    values = rng.standard_normal((rows, columns)).astype(np.float32)
    if layout == "columns":
        return np.asfortranarray(values)
    if layout == "apart":
        return np.repeat(np.repeat(values, 2, 0), 3, 1)[::2, ::3]
    if layout == "backwards":
        return np.ascontiguousarray(values[::-1, ::-1])[::-1, ::-1]
    return values


def multiplied(
    left: np.ndarray, right: np.ndarray, start: np.ndarray | None, lowest: float = -math.inf, threads: int = 2
) -> np.ndarray:
    target = np.full((left.shape[0], right.shape[1]), np.nan, np.float32)
    scratch = np.full(products.product_bytes(len(left), right.shape[1], len(right)), 0xFF, np.uint8)
    products.product(left, right, target, scratch, start, lowest, threads)
    return target


@settings(max_examples=60)
@given(
    st.sampled_from(EDGES),
    st.sampled_from(EDGES),
    st.sampled_from(EDGES),
    st.sampled_from(("rows", "columns", "apart", "backwards")),
    st.sampled_from(("rows", "columns", "apart", "backwards")),
    st.sampled_from(("row", "matrix", "nothing")),
    st.sampled_from((0.0, -math.inf)),
)
def test_products_of_all_sizes_and_layouts(
    rows: int, columns: int, depth: int, left: str, right: str, begin: str, lowest: float
) -> None:
    rng = np.random.default_rng(rows + columns + depth)
    first, second = matrix(rng, rows, depth, left), matrix(rng, depth, columns, right)
    start = rng.standard_normal((rows, columns) if begin == "matrix" else columns).astype(np.float32)
    if begin == "nothing":
        start = np.zeros_like(start)
    expected = np.maximum(start + first.astype(np.float64) @ second, lowest)
    found = multiplied(first, second, None if begin == "nothing" else start, lowest)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6 * depth**0.5 + 1e-6)


@pytest.mark.parametrize("shape", [(64, 40, 2 * products.DEEP), (70, 33, 9 * products.DEEP + 100), (1, 3, 5000)])
@pytest.mark.parametrize("layout", ["rows", "columns", "apart"])
def test_deep_products_are_cut_along_the_depth(shape: tuple[int, int, int], layout: str) -> None:
    rows, columns, depth = shape
    assert products.deep_parts(rows, columns, depth) > 1
    rng = np.random.default_rng(0)
    left, right = matrix(rng, rows, depth, layout), matrix(rng, depth, columns, layout)
    found = multiplied(left, right, None)
    np.testing.assert_allclose(found, left.astype(np.float64) @ right, rtol=1e-5, atol=2e-6 * depth**0.5)


@pytest.mark.parametrize("shape", [(200, 100, 500), (20, 300, 50), (5, 5, 900), (60, 50, 3 * products.DEEP)])
def test_threads_do_not_change_a_bit(shape: tuple[int, int, int]) -> None:
    rows, columns, depth = shape
    rng = np.random.default_rng(0)
    left, right = matrix(rng, rows, depth, "rows"), matrix(rng, depth, columns, "columns")
    first, *others = (multiplied(left, right, None, threads=threads).tobytes() for threads in (1, 2, 3, 7))
    assert all(each == first for each in others)


def test_nan_and_infinity_spread_as_in_numpy() -> None:
    rng = np.random.default_rng(0)
    left, right = matrix(rng, 40, 70, "rows"), matrix(rng, 70, 50, "rows")
    left[3, 5], left[20, 6], right[9, 44], right[10, 2] = np.nan, np.inf, -np.inf, np.nan
    found = multiplied(left, right, np.zeros(50, np.float32), 0.0)
    expected = np.maximum(left @ right, 0)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_nothing_is_written_beside_the_target() -> None:
    rng = np.random.default_rng(0)
    around = np.full((60, 90), 7, np.float32)
    target = around[10:43, 20:57]
    left, right = matrix(rng, 33, 20, "rows"), matrix(rng, 20, 37, "rows")
    scratch = np.empty(products.product_bytes(33, 37, 20), np.uint8)
    products.product(left, right, target, scratch, np.zeros(37, np.float32), -math.inf, 2)
    np.testing.assert_allclose(target, left @ right, rtol=1e-4, atol=1e-4)
    around[10:43, 20:57] = 7
    assert (around == 7).all()
