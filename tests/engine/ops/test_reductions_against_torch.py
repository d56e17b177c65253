"""Reductions, extremes and orders beside PyTorch: types, ties, NaN, infinities, empty and 0-d inputs, and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.backend.dtype import as_dtype
from engine.ops.reductions import counting
from engine.testing.agreement import agree

torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
pytestmark = [
    pytest.mark.parity,
    # Infinities, NaN and empty inputs are what these tests are about.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

RNG = np.random.default_rng(7)
INPUTS = {
    "plain": RNG.normal(size=(3, 4)),
    "single precision": RNG.normal(size=(3, 4)).astype("float32"),
    "long half precision": RNG.normal(size=(2, 3000)).astype("float16"),
    "ties": np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]),
    "nan": np.array([[1.0, np.nan, 3.0], [2.0, 2.0, -np.inf]]),
    "minus infinity": np.full((2, 3), -np.inf),
    "0-d": np.array(1.5),
    "empty": np.zeros((0, 3)),
    "int64": RNG.integers(-5, 5, (3, 4)),
    "int32": RNG.integers(-5, 5, (3, 4)).astype("int32"),
    "uint8": RNG.integers(0, 255, (3, 4)).astype("uint8"),
    "bool": RNG.random((3, 4)) < 0.5,
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "sum()": lambda x: x.sum(),
    "sum(0)": lambda x: x.sum(0),
    "sum((0, -1), True)": lambda x: x.sum((0, -1), True),
    "mean()": lambda x: x.mean(),
    "mean(0)": lambda x: x.mean(0),
    "prod()": lambda x: x.prod(),
    "prod(-1, True)": lambda x: x.prod(-1, True),
    "var()": lambda x: x.var(),
    "var(0)": lambda x: x.var(0),
    "var(correction=0)": lambda x: x.var((0, 1), correction=0),
    "var(0, False)": lambda x: x.var(0, False),
    "std()": lambda x: x.std(),
    "std(0, True, True)": lambda x: x.std(0, True, True),
    "norm()": lambda x: x.norm(),
    "norm(1)": lambda x: x.norm(1),
    "norm(3, 0)": lambda x: x.norm(3, 0),
    "norm(inf)": lambda x: x.norm(float("inf")),
    "norm(-inf, 0)": lambda x: x.norm(float("-inf"), 0),
    "logsumexp(0)": lambda x: x.logsumexp(0),
    "logsumexp(-1, True)": lambda x: x.logsumexp(-1, True),
    "softmax(0)": lambda x: x.softmax(0),
    "log_softmax(-1)": lambda x: x.log_softmax(-1),
    "any()": lambda x: x.any(),
    "all(0, True)": lambda x: x.all(0, True),
    "count_nonzero(0)": lambda x: x.count_nonzero(0),
    "max()": lambda x: x.max(),
    "max(0)": lambda x: x.max(0),
    "max(-1, True)": lambda x: x.max(-1, True),
    "min()": lambda x: x.min(),
    "min(0)": lambda x: x.min(0),
    "amax()": lambda x: x.amax(),
    "amin((0, -1))": lambda x: x.amin((0, -1)),
    "aminmax(dim=0)": lambda x: x.aminmax(dim=0),
    "argmax()": lambda x: x.argmax(),
    "argmin(-1, True)": lambda x: x.argmin(-1, True),
    "cumsum(0)": lambda x: x.cumsum(0),
    "cumprod(-1)": lambda x: x.cumprod(-1),
    "cummax(0)": lambda x: x.cummax(0),
    "cummin(-1)": lambda x: x.cummin(-1),
    "logcumsumexp(-1)": lambda x: x.logcumsumexp(-1),
    "sort(stable=True)": lambda x: x.sort(dim=0, stable=True),
    "sort(stable=True, descending=True)": lambda x: x.sort(dim=-1, stable=True, descending=True),
    "median()": lambda x: x.median(),
    "median(0)": lambda x: x.median(0),
    "nanmedian()": lambda x: x.nanmedian(),
    "nanmedian(-1, True)": lambda x: x.nanmedian(-1, True),
    "mode()": lambda x: x.mode(),
    "mode(0, True)": lambda x: x.mode(0, True),
    "msort()": lambda x: x.msort(),
    "quantile(0.3)": lambda x: x.quantile(0.3),
    "quantile(0.3, 0)": lambda x: x.quantile(0.3, 0),
    "quantile(0.7, -1, True, lower)": lambda x: x.quantile(0.7, -1, True, interpolation="lower"),
    "quantile(0.7, nearest)": lambda x: x.quantile(0.7, interpolation="nearest"),
    "nanquantile(0.3, 0)": lambda x: x.nanquantile(0.3, 0),
    "nanquantile(0.7, midpoint)": lambda x: x.nanquantile(0.7, interpolation="midpoint"),
    "histc(4)": lambda x: x.histc(4),
    "histc(4, 0, 2)": lambda x: x.histc(4, 0, 2),
    "histogram(4)": lambda x: x.detach().histogram(4),
    "histogram(3, range, density)": lambda x: x.detach().histogram(3, range=(0.0, 1.0), density=True),
    "unique_consecutive()": lambda x: x.detach().unique_consecutive(True, True),
    "unique_consecutive(dim=0)": lambda x: x.detach().unique_consecutive(True, True, dim=0),
    "diff()": lambda x: x.diff(),
    "diff(2, 0)": lambda x: x.diff(2, 0),
    "cov()": lambda x: x.cov(),
    "corrcoef()": lambda x: x.corrcoef(),
    "trace()": lambda x: x.trace(),
    "renorm(2, 0, 1)": lambda x: x.renorm(2, 0, 1),
    "dist(x)": lambda x: x.dist(x * x + 1),
    "var(False)": lambda x: x.var(False),
    "std(unbiased=False)": lambda x: x.std(unbiased=False),
    "nansum(0)": lambda x: x.nansum(0),
    "nanmean(0)": lambda x: x.nanmean(0),
    "sum(5)": lambda x: x.sum(5),
    "mean((0, 0))": lambda x: x.mean((0, 0)),
    "max(5)": lambda x: x.max(5),
    "topk(4000)": lambda x: x.topk(4000),
}
# Where a product of others is infinite or NaN, ours says what it is; so does amax's gradient at a NaN, as max's does.
OTHER_GRADIENTS = ("prod", "cumprod", "norm", "amax", "amin", "renorm")
# PyTorch knows no histogram of float16, and its histc counts in float16, to 2048; its mode takes any of many equal
# elements, and puts NaN anywhere in order.
OTHER_ANSWERS = {
    ("histc(4)", "long half precision"),
    ("histogram(4)", "long half precision"),
    ("histogram(3, range, density)", "long half precision"),
    ("mode()", "long half precision"),
    ("mode()", "nan"),
    ("mode(0, True)", "nan"),
}


@pytest.mark.parametrize("given", INPUTS)
@pytest.mark.parametrize("call", CALLS)
def test_a_method_agrees_with_pytorch(call: str, given: str) -> None:
    if (call, given) in OTHER_ANSWERS:
        pytest.skip("another answer than PyTorch's, which has none or an arbitrary one")
    special = given in ("nan", "minus infinity") and call.startswith(OTHER_GRADIENTS)
    agree(CALLS[call], CALLS[call], INPUTS[given], gradient=not special)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "cumsum", "cumprod", "softmax", "log_softmax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("given", ["plain", "int64", "bool", "long half precision"])
def test_the_asked_dtype_is_computed_in(name: str, dtype: str, given: str) -> None:
    agree(
        lambda x: getattr(x, name)(0, dtype=as_dtype(dtype)),
        lambda x: getattr(x, name)(0, dtype=getattr(torch, dtype)),
        INPUTS[given],
        tolerance=2e-3 if given == "long half precision" else 2e-5,
    )


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize(("k", "dim"), [(1, 0), (2, -1), (3, 0), (0, 1)])
def test_topk_without_ties(k: int, dim: int, largest: bool) -> None:
    agree(lambda x: x.topk(k, dim, largest), lambda x: x.topk(k, dim, largest), INPUTS["plain"])


@pytest.mark.parametrize("k", [0, 1, 3, 4])
def test_kthvalue(k: int) -> None:
    agree(lambda x: x.kthvalue(k, 0), lambda x: x.kthvalue(k, 0), INPUTS["plain"])


@pytest.mark.parametrize(
    "keywords",
    [{}, {"right": True}, {"side": "right"}, {"out_int32": True}, {"side": "x"}, {"side": "left", "right": True}],
)
def test_searchsorted(keywords: dict[str, Any]) -> None:
    steps, values = np.sort(RNG.normal(size=7)).round(1), RNG.normal(size=(3, 4)).round(1)
    agree(counting.searchsorted, torch.searchsorted, steps, values, gradient=False, **keywords)
    agree(counting.bucketize, torch.bucketize, values, steps, gradient=False)
    rows = np.sort(RNG.normal(size=(3, 7)), axis=1)
    agree(counting.searchsorted, torch.searchsorted, rows, values, gradient=False, **keywords)
    agree(counting.searchsorted, torch.searchsorted, rows, values[0], gradient=False)


@pytest.mark.parametrize("keywords", [{}, {"minlength": 7}, {"minlength": -1}])
@pytest.mark.parametrize("numbers", [[1, 3, 3, 0], [-1], [], [[1, 2]], [1.5]])
def test_bincount(numbers: list[Any], keywords: dict[str, Any]) -> None:
    array = np.array(numbers, dtype=None if numbers else "int64")
    agree(counting.bincount, torch.bincount, array, gradient=False, **keywords)


@pytest.mark.parametrize("weights", [np.array([0.5, 1.5, 2.5, 3.5], "float32"), np.arange(4), np.arange(5.0)])
def test_weighted_bincount(weights: np.ndarray) -> None:
    agree(counting.bincount, torch.bincount, np.array([1, 3, 3, 0]), weights, gradient=False)


@pytest.mark.parametrize("asked", [{}, {"return_inverse": True}, {"return_counts": True, "return_inverse": True}])
@pytest.mark.parametrize("dim", [None, 0, -1])
def test_unique(dim: int | None, asked: dict[str, bool]) -> None:
    array = RNG.integers(0, 3, (4, 5))
    array[1] = array[0]
    agree(lambda x: x.unique(dim=dim, **asked), lambda x: x.unique(dim=dim, **asked), array)


def test_each_nan_is_unique() -> None:
    agree(counting.unique, torch.unique, np.array([np.nan, 1, np.nan, 2]), gradient=False)


def test_half_precision_sums_do_not_stop_at_2048() -> None:
    agree(lambda x: x.sum(0), lambda x: x.sum(0), np.ones((5000, 2), "float16"))
    agree(lambda x: x.cumsum(0), lambda x: x.cumsum(0), np.ones((5000, 2), "float16"))
