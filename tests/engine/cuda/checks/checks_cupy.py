"""What the project knows of CuPy: the double and a GPU must agree on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest

from engine.backend.namespace import cupy

Forbidding = Callable[[], AbstractContextManager[None]]

cp = cupy()


def ones(*shape: int, dtype: str = "float32") -> Any:
    return cp.ones(shape, dtype)


def test_numpy_gets_nothing_unasked() -> None:
    with pytest.raises(TypeError, match="Implicit conversion to a NumPy array is not allowed"):
        np.asarray(ones(3))
    for call in (
        lambda: ones(3) + np.ones(3),
        lambda: np.add(ones(3), np.ones(3)),
        lambda: np.ones(3) * ones(3),
        lambda: cp.maximum(ones(3), np.ones(3)),
    ):
        with pytest.raises(TypeError):
            call()
    assert isinstance(np.exp(ones(3)), cp.ndarray)


REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda x: x.sum(),
    "max": lambda x: x.max(),
    "argmax": lambda x: x.argmax(),
    "all": lambda x: (x > 0).all(),
    "mean": lambda x: cp.mean(x),
    "element": lambda x: x[0, 1],
    "elements by positions": lambda x: x[cp.array(0), cp.array(1)],
    "count_nonzero": lambda x: cp.count_nonzero(x),
    "square root of 0-d": lambda x: cp.sqrt(x.sum()),
    "operator on 0-d": lambda x: x.sum() * 2 + 1,
    "allclose": lambda x: cp.allclose(x, x),
}


@pytest.mark.parametrize("reduce", REDUCTIONS.values(), ids=REDUCTIONS.keys())
def test_results_are_arrays(reduce: Callable[[Any], Any], nobody_waits: Forbidding) -> None:
    with nobody_waits():
        found = reduce(ones(2, 3))
    assert type(found) is cp.ndarray
    assert found.shape == ()


def test_types_are_numpys() -> None:
    assert (ones(2) + 1.5).dtype == "float32"
    assert (ones(2, dtype="float16") * 2).dtype == "float16"
    assert (ones(2) * np.float64(2)).dtype == "float64"
    assert (ones(2, dtype="int32") + 1.5).dtype == "float64"
    assert cp.where(ones(2) > 0, ones(2), 0.0).dtype == "float32"
    assert ones(2, dtype="int32").sum().dtype == "int64"


LACKING: dict[str, tuple[Callable[[], Any], type[Exception] | tuple[type[Exception], ...]]] = {
    "sum has no where": (lambda: cp.sum(ones(3), where=ones(3) > 0), TypeError),
    "max has no start": (lambda: ones(3).max(initial=0), TypeError),
    "a ufunc has no where": (lambda: cp.add(ones(3), 1, where=ones(3) > 0), TypeError),
    "maximum doesn't accumulate": (lambda: cp.maximum.accumulate(ones(3)), NotImplementedError),
    "maximum doesn't reduce": (lambda: cp.maximum.reduce(ones(3)), NotImplementedError),
    "multiply has no at": (lambda: cp.multiply.at(ones(3), cp.array([0]), 2.0), NotImplementedError),
    "add.at knows no int64": (lambda: cp.add.at(ones(3, dtype="int64"), cp.array([0]), 1), TypeError),
    "astype has no casting": (lambda: ones(3).astype("int32", casting="safe"), TypeError),
    "flags have no writeable": (lambda: ones(3).flags.writeable, AttributeError),
    "sorting is stable": (lambda: cp.sort(ones(3), kind="quicksort"), ValueError),
    "values of NumPy aren't written": (lambda: ones(2, 2).__setitem__(..., np.ones((2, 2))), ValueError),
    "strides are always writeable": (
        lambda: cp.lib.stride_tricks.as_strided(ones(3), (2,), (4,), writeable=False),
        TypeError,
    ),
}


@pytest.mark.parametrize("name", LACKING)
def test_what_cupy_lacks(name: str) -> None:
    call, error = LACKING[name]
    with pytest.raises(error):
        call()


def test_positions_out_of_range_wrap_around() -> None:
    x = cp.arange(3)
    assert x[cp.array([3, -4])].tolist() == [0, 2]
    assert x.take(cp.array([7])).tolist() == [1]
    with pytest.raises(IndexError):
        x[3]


def test_views_are_writeable_and_know_their_base() -> None:
    x = cp.zeros((3, 3), "float32")
    cp.diagonal(x)[...] = 2
    cp.broadcast_to(x[0], (2, 3))[0, 1] = 5
    assert x.tolist() == [[2, 5, 0], [0, 2, 0], [0, 0, 2]]
    assert x.base is None
    assert x.flags.owndata
    for view in (x[1:], x.T, x.reshape(9), x.reshape(9)[2:], cp.moveaxis(x, 0, 1), x[..., None]):
        assert view.base is x
        assert not view.flags.owndata
    assert x.copy().base is None
    assert x[1, 1].data.ptr == x.data.ptr + 16
    assert cp.shares_memory(x[1:], x[:2])


WAITING: dict[str, Callable[[], Any]] = {
    "a mask": lambda: ones(3)[ones(3) > 0],
    "a mask to write": lambda: ones(3).__setitem__(ones(3) > 0, 2),
    "nonzero": lambda: ones(3).nonzero(),
    "where of a condition alone": lambda: cp.where(ones(3) > 0),
    "truth": lambda: bool(ones(1)),
    "float": lambda: float(ones(1).sum()),
    "item": lambda: ones(1).item(),
    "tolist": lambda: ones(3).tolist(),
    "asnumpy": lambda: cp.asnumpy(ones(3)),
    "unique": lambda: cp.unique(ones(3)),
    "bincount": lambda: cp.bincount(ones(3, dtype="int64")),
    "windows": lambda: cp.lib.stride_tricks.sliding_window_view(ones(3), 2),
}


@pytest.mark.parametrize("wait", WAITING.values(), ids=WAITING.keys())
def test_what_makes_the_host_wait(wait: Callable[[], Any], nobody_waits: Forbidding) -> None:
    import cupyx

    with nobody_waits(), pytest.raises(cupyx.DeviceSynchronized):
        wait()
    wait()


QUICK: dict[str, Callable[[], Any]] = {
    "positions": lambda: ones(3)[cp.array([0, 2])],
    "positions to write": lambda: ones(3).__setitem__(cp.array([0, 2]), 2),
    "add.at": lambda: cp.add.at(ones(3), cp.array([0, 0]), ones(2)),
    "copyto by a mask": lambda: cp.copyto(ones(3), 2.0, where=ones(3) > 0),
    "take_along_axis": lambda: cp.take_along_axis(ones(2, 2), cp.array([[0], [1]]), 1),
    "argsort": lambda: cp.argsort(ones(3), kind="stable"),
    "searchsorted": lambda: cp.searchsorted(ones(3), ones(2), side="right"),
    "an array of numbers": lambda: cp.array([1.0, 2.0]),
    "an array of NumPy's": lambda: cp.asarray(np.ones(3)),
    "a sum over nothing": lambda: ones(0, 3).sum(axis=0),
    "largest of no rows": lambda: ones(0, 3).max(axis=1),
}


@pytest.mark.parametrize("call", QUICK.values(), ids=QUICK.keys())
def test_what_doesn_t(call: Callable[[], Any], nobody_waits: Forbidding) -> None:
    with nobody_waits():
        call()


def test_no_name_of_numpys_alone() -> None:
    for name in ("matrix", "memmap", "nditer", "frompyfunc", "errstate", "block", "unstack"):
        assert not hasattr(cp, name)
