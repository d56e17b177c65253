"""Tensors print as PyTorch prints them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine

KNOWN: tuple[tuple[Any, str], ...] = (
    ([1.0, 2.5], "tensor([1.0000, 2.5000])"),
    ([[1.0, -2.0], [3.0, 4.0]], "tensor([[ 1., -2.],\n        [ 3.,  4.]])"),
    ([True, False], "tensor([ True, False])"),
    (3, "tensor(3)"),
    ([], "tensor([])"),
    ([1e-6, 1.0], "tensor([1.0000e-06, 1.0000e+00])"),
    ([float("nan"), float("inf"), 1.0], "tensor([nan, inf, 1.])"),
    (np.float64(0.5), "tensor(0.5000, dtype=engine.float64)"),
)


@pytest.mark.parametrize(("data", "text"), KNOWN)
def test_known_texts(data: Any, text: str) -> None:
    assert repr(engine.tensor(data)) == text


def test_notes() -> None:
    x = engine.tensor([1.0], requires_grad=True)
    assert repr(x) == "tensor([1.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2.], grad_fn=<MulBackward0>)"
    assert repr(engine.zeros(2, 3, device="meta")) == "tensor(..., device='meta', size=(2, 3))"
    assert repr(engine.zeros(2, 0)) == "tensor([], size=(2, 0))"


floats = st.floats(allow_nan=True, allow_infinity=True, width=32)
wholes = st.integers(-(10**6), 10**6).map(float)
elements = st.one_of(st.just(floats), st.just(wholes), st.just(st.floats(-2, 2, width=16)))


@pytest.mark.parity
@given(
    st.data(),
    st.lists(st.integers(0, 4), max_size=3),
    st.sampled_from(["float32", "float64", "float16", "int64", "int8", "bool"]),
)
def test_like_pytorch(data: Any, shape: list[int], dtype: str) -> None:
    torch = pytest.importorskip("torch")
    kind = data.draw(elements)
    size = int(np.prod(shape))
    with np.errstate(all="ignore"):
        numbers = np.array(data.draw(st.lists(kind, min_size=size, max_size=size)))
        numbers = numbers if dtype.startswith("float") else np.nan_to_num(numbers) % 100
        array = numbers.reshape(shape).astype(dtype)
    assert repr(engine.tensor(array)) == repr(torch.tensor(array)).replace("torch.", "engine.")


@pytest.mark.parity
@pytest.mark.parametrize("shape", [(1200,), (40, 50), (3, 4, 200), (2000, 1), (7, 7, 7, 7), (100,)])
def test_long_tensors_like_pytorch(shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    array = np.random.default_rng(0).normal(size=shape) * 10
    assert repr(engine.tensor(array)) == repr(torch.tensor(array)).replace("torch.", "engine.")
    ours, theirs = engine.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    assert repr(ours).replace("engine.", "torch.") == repr(theirs)
