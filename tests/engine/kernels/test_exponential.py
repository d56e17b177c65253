"""The float32 building blocks against float64, over all magnitudes of float32 and at its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from engine.kernels.cpu import exponential
from engine.kernels.cpu.exponential import erf, exp, expm1, log, log1p, log1p_of_exp, sigmoid, tanh
from engine.kernels.cpu.jit import compiled

FLUSHED = 1.7e-38


@compiled
def every(x: Any, y: Any) -> None:
    for i in range(x.size):
        y[0, i] = exp(x[i])
        y[1, i] = expm1(x[i])
        y[2, i] = sigmoid(x[i])
        y[3, i] = tanh(x[i])
        y[4, i] = log(x[i])
        y[5, i] = log1p(x[i])
        y[6, i] = log1p_of_exp(x[i])
        y[7, i] = erf(x[i])


def log1p_exp(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0.0, x)


# By function: its row, its exact form, the relative error that its docstring states.
FUNCTIONS: dict[str, tuple[int, Callable[[np.ndarray], np.ndarray], float]] = {
    "exp": (0, np.exp, 2e-7),
    "expm1": (1, np.expm1, 3e-7),
    "sigmoid": (2, special.expit, 3e-7),
    "tanh": (3, np.tanh, 5e-7),
    "log": (4, np.log, 2e-7),
    "log1p": (5, np.log1p, 3e-7),
    "log1p_of_exp": (6, log1p_exp, 3e-7),
    "erf": (7, special.erf, 4e-7),
}


def values(x: np.ndarray) -> np.ndarray:
    y = np.full((len(FUNCTIONS), x.size), np.nan, np.float32)
    every(x, y)
    return y


@pytest.fixture(scope="module")
def scan() -> tuple[np.ndarray, np.ndarray]:
    """Every 997th float32 and, more densely, all that lie where functions bend; NaN and infinities left out."""
    bits = np.arange(0, 1 << 32, 997, dtype=np.int64).astype(np.uint32).view(np.float32)
    x = np.concatenate([bits[np.isfinite(bits)], np.linspace(-20, 20, 300_001, dtype=np.float32)])
    x = np.concatenate([x, np.linspace(-105, 90, 300_001, dtype=np.float32)])
    return x, values(x)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_stays_below_the_stated_one(name: str, scan: tuple[np.ndarray, np.ndarray]) -> None:
    row, exact, relative = FUNCTIONS[name]
    x, found = scan[0], scan[1][row]
    with np.errstate(all="ignore"):
        right = exact(x.astype(np.float64))
        rounded = right.astype(np.float32)
    finite = np.isfinite(rounded) & np.isfinite(found)
    # Within the bound of the largest number, infinity is as near.
    at_edge = (np.abs(right) > 3.4028e38) & (np.abs(right) < 3.4029e38)
    np.testing.assert_array_equal(found[~finite & ~at_edge], rounded[~finite & ~at_edge])
    error = np.abs(found[finite] - right[finite])
    excess = error - relative * np.abs(right[finite]) - FLUSHED
    worst = np.argmax(excess)
    assert excess[worst] <= 0, f"{name}({x[finite][worst]}) is {found[finite][worst]}, not {right[finite][worst]}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_edges_are_exact(name: str) -> None:
    row, exact, _ = FUNCTIONS[name]
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0 if name == "log1p" else 0.0], np.float32)
    # The last of many, too: whole vectors and the rest of a loop are compiled apart.
    x = np.concatenate([np.tile(x, 13), x])
    with np.errstate(all="ignore"):
        right = exact(x.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(values(x)[row], right)


def test_they_are_vectorised() -> None:
    made: Any = every.made()
    values(np.zeros(1, np.float32))
    (assembly,) = made.inspect_asm().values()
    assert any(f"vfmadd213ps\t%{width}mm" in assembly for width in "zy"), "no vector instructions were found"


def test_docstrings_state_the_errors() -> None:
    for name, (_, _, relative) in FUNCTIONS.items():
        assert f"within {relative:.0e}".replace("e-07", "e-7") in getattr(exponential, name).function.__doc__
