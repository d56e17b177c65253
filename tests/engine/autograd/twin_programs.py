"""One program run by two libraries, the engine and PyTorch: what it tells, or how it fails, has to agree."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine

Program = Callable[[Any, Callable[[Any], None]], None]


def told(library: Any, program: Program) -> list[Any]:
    """What a program tells, tensors as arrays, and the type of the error that ends it if one does."""
    said: list[Any] = []

    def tell(value: Any) -> None:
        said.append(_plain(value))

    try:
        program(library, tell)
    except Exception as error:
        said.append(type(error))
    return said


def agree(program: Program) -> None:
    """Run a program in both libraries, and compare."""
    torch = pytest.importorskip("torch")
    ours, theirs = told(engine, program), told(torch, program)
    assert len(ours) == len(theirs), (ours, theirs)
    for mine, right in zip(ours, theirs, strict=True):
        _compare(mine, right)


def leaf(library: Any, *values: float) -> Any:
    """A float64 vector that requires grad."""
    return library.tensor(values, dtype=library.float64, requires_grad=True)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.detach().clone().numpy() if hasattr(value, "detach") else value


def _compare(mine: Any, right: Any) -> None:
    if isinstance(right, list):
        assert isinstance(mine, list)
        assert len(mine) == len(right)
        for one, other in zip(mine, right, strict=True):
            _compare(one, other)
    elif isinstance(right, np.ndarray):
        assert mine.dtype == right.dtype
        np.testing.assert_allclose(mine, right, rtol=1e-12)
    else:
        assert mine == right
