"""Max pooling beside PyTorch: windows of all kinds, ties, NaN, integers and windows that make no sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.autograd.tensor_base import wrap
from engine.nn.functional import max_pooling as pooling
from engine.tensors import Tensor
from engine.testing.agreement import agree

torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
pytestmark = pytest.mark.parity
functional = torch.nn.functional


def compare(array: np.ndarray, *window: Any, rank: int = 2) -> None:
    ours, theirs = getattr(pooling, f"max_pool{rank}d"), getattr(functional, f"max_pool{rank}d")
    agree(lambda x: ours(x, *window, return_indices=True), lambda x: theirs(x, *window, return_indices=True), array)


def holds_only_padding(length: int, stride: int, padding: int, dilation: int) -> bool:
    """Whether a window of many places that starts in the padding steps over the whole input."""
    starts = range(-padding, 0, stride)
    return any(all(not 0 <= start + dilation * each < length for each in range(99)) for start in starts)


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(
    lengths=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    kernel=pairs,
    stride=pairs,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    dilation=pairs,
    ceil_mode=st.booleans(),
    seed=st.integers(0, 9),
)
def test_any_window(
    lengths: tuple[int, int], kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, seed: int
) -> None:
    # PyTorch gives such a window a position outside of the input.
    assume(not any(holds_only_padding(*each) for each in zip(lengths, stride, padding, dilation, strict=True)))
    few_values = np.random.default_rng(seed).integers(0, 4, (2, 2, *lengths)).astype("float64")
    compare(few_values, kernel, stride, padding, dilation, ceil_mode)


@pytest.mark.parametrize("window", [(2,), (3, 2, 1), (3, 1, 1), (2, 2, 1, 2)])
def test_nan_and_infinity(window: Any) -> None:
    array = np.random.default_rng(1).integers(0, 3, (2, 2, 8, 8)).astype("float64")
    array[0, 0, 1, 1] = array[0, 1, 3, 3] = array[0, 1, 3, 4] = np.nan
    array[1, 0] = -np.inf
    compare(array, *window)


@pytest.mark.parametrize(
    ("shape", "window"),
    [
        ((2, 2, 5, 5), (7,)),
        ((2, 5), (2,)),
        ((2, 2, 5, 5), (2, None, 2)),
        ((2, 2, 5, 5), (2, 0)),
        ((2, 2, 5, 5), (2, None, -1)),
        ((2, 2, 5, 5), (2, None, 0, 0)),
        ((2, 2, 5, 5), ((2, 2, 2),)),
        ((0, 2, 5, 5), (2,)),
        ((2, 0, 5, 5), (2,)),
        ((2, 5, 5), ((2,), (1,))),
    ],
)
def test_odd_windows(shape: tuple[int, ...], window: Any) -> None:
    compare(np.zeros(shape), *window)


def test_a_window_of_padding_alone_is_refused() -> None:
    with pytest.raises(RuntimeError, match="nothing but padding"):
        pooling.max_pool2d(wrap(Tensor, np.zeros((1, 1, 1, 1))), 2, 1, 1, 2)


def test_other_ranks_and_integers() -> None:
    rng = np.random.default_rng(2)
    compare(rng.normal(size=(2, 3, 9)), 3, 2, 1, rank=1)
    compare(rng.normal(size=(2, 3, 4, 4, 4)), 2, rank=3)
    compare(rng.integers(-9, 9, (1, 2, 6, 6)), 2)
