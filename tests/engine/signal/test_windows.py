"""Windows beside SciPy's, and what they refuse."""

from typing import Any

import numpy as np
import pytest
from scipy.signal import windows as scipy_windows

import engine
from engine.signal import windows

CASES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("bartlett", {}, ()),
    ("blackman", {}, ()),
    ("cosine", {}, ()),
    ("exponential", {"tau": 2.5}, (None, 2.5)),
    ("gaussian", {"std": 1.5}, (1.5,)),
    ("general_cosine", {"a": [0.4, 0.3, 0.2, 0.1]}, ([0.4, 0.3, 0.2, 0.1],)),
    ("general_hamming", {"alpha": 0.7}, (0.7,)),
    ("hamming", {}, ()),
    ("hann", {}, ()),
    ("kaiser", {"beta": 6.0}, (6.0,)),
    ("nuttall", {}, ()),
]

NO_FACTORS: Any = 0.5


@pytest.mark.parametrize(("name", "settings", "positional"), CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("length", [0, 1, 2, 5, 8])
@pytest.mark.parametrize("sym", [True, False])
def test_windows_are_those_of_scipy(
    name: str, settings: dict[str, Any], positional: tuple[Any, ...], length: int, sym: bool
) -> None:
    made = getattr(windows, name)(length, sym=sym, dtype=engine.float64, **settings)
    expected = getattr(scipy_windows, name)(length, *positional, sym=sym)
    assert made.dtype is engine.float64
    np.testing.assert_allclose(made.numpy(), expected, atol=1e-14)
    assert getattr(windows, name)(length, **settings).dtype is engine.float32


@pytest.mark.parametrize(
    ("name", "settings"),
    [("hann", {}), ("hamming", {}), ("blackman", {}), ("bartlett", {}), ("kaiser", {"beta": 5.0})],
)
def test_older_names_are_periodic_by_default(name: str, settings: dict[str, Any]) -> None:
    older = getattr(engine, f"{name}_window")
    for periodic in (True, False):
        expected = getattr(windows, name)(9, sym=not periodic, **settings)
        np.testing.assert_allclose(older(9, periodic, **settings).numpy(), expected.numpy(), atol=1e-7)
    assert older(9, dtype=engine.float16).dtype is engine.float16
    np.testing.assert_array_equal(older(9, **settings).numpy(), older(9, True, **settings).numpy())


def test_a_window_can_be_learned() -> None:
    assert windows.hann(5, requires_grad=True).requires_grad
    assert engine.hann_window(5, requires_grad=True).is_leaf


@pytest.mark.parametrize(
    ("call", "error", "named"),
    [
        (lambda: windows.hann(-2), ValueError, "-2"),
        (lambda: windows.hann(5, dtype=engine.int64), ValueError, "int64"),
        (lambda: windows.hann(5, layout="sparse_coo"), ValueError, "sparse_coo"),
        (lambda: windows.gaussian(5, std=0.0), ValueError, "0.0"),
        (lambda: windows.exponential(5, tau=-1.0), ValueError, "-1.0"),
        (lambda: windows.exponential(5, center=2.0), ValueError, "2.0"),
        (lambda: windows.kaiser(5, beta=-3.0), ValueError, "-3.0"),
        (lambda: windows.general_cosine(5, a=[]), ValueError, r"\[\]"),
        (lambda: windows.general_cosine(5, a=NO_FACTORS), TypeError, "0.5"),
        (lambda: engine.hann_window(-2), RuntimeError, "-2"),
        (lambda: engine.hann_window(5, dtype=engine.int32), RuntimeError, "int32"),
    ],
)
def test_what_is_no_window_is_refused(call: Any, error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        call()
