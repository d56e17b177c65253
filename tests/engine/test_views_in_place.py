"""Programs that write into tensors and views give PyTorch's values, gradients and errors; numeric gradients agree."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.testing import numeric_direction
from engine.testing.program import PROGRAMS, Program

for _path in sorted((Path(__file__).parent / "views").glob("programs_*.py")):
    _spec = importlib.util.spec_from_file_location(_path.stem, _path)
    assert _spec is not None
    assert _spec.loader is not None
    _spec.loader.exec_module(importlib.util.module_from_spec(_spec))

RAN = {name: each for name, each in PROGRAMS.items() if each.error is None}
NUMERIC = {name: each for name, each in RAN.items() if each.gradients is None}
HIDDEN = {name: each for name, each in RAN.items() if each.gradients is not None}
REFUSED = {name: each for name, each in PROGRAMS.items() if each.error is not None}


def drawn(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 4)), rng.normal(size=4)


def ran(each: Program, lib: Any, arrays: Any) -> tuple[list[Any], list[Any]]:
    """The leaves and the results of a program."""
    leaves = [lib.tensor(array, dtype=lib.float64, requires_grad=True) for array in arrays]
    results = each.run(lib, *leaves)
    return leaves, list(results) if isinstance(results, tuple) else [results]


def weighted(lib: Any, results: list[Any], even: bool) -> Any:
    """One number made of all results, each element with a weight of its own unless `even`."""
    total = 0.0
    for number, result in enumerate(results):
        weights = np.ones(result.shape) if even else np.random.default_rng(number + 7).normal(size=result.shape)
        total = total + (result * lib.tensor(weights, dtype=lib.float64)).sum()
    return total


def outcome(each: Program, lib: Any, arrays: Any, even: bool = False) -> tuple[list[Any], list[Any]]:
    """Values of the results and gradients of the leaves; None for a leaf that got none."""
    leaves, results = ran(each, lib, arrays)
    weighted(lib, results, even).backward()
    gradients = [None if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]
    return [result.detach().numpy() for result in results], gradients


def test_there_are_enough_programs() -> None:
    assert len(PROGRAMS) >= 40


@pytest.mark.parametrize("name", NUMERIC)
def test_numeric_gradients(name: str) -> None:
    each, arrays = NUMERIC[name], drawn()
    _, gradients = outcome(each, engine, arrays)
    directions = drawn(seed=1)

    def value(points: Any) -> float:
        return float(weighted(engine, ran(each, engine, points)[1], even=False).item())

    analytic = sum((np.zeros(1) if g is None else g * d).sum() for g, d in zip(gradients, directions, strict=True))
    np.testing.assert_allclose(analytic, numeric_direction(value, arrays, directions), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", HIDDEN)
def test_declared_gradients(name: str) -> None:
    each, arrays = HIDDEN[name], drawn()
    assert each.gradients is not None
    _, gradients = outcome(each, engine, arrays, even=True)
    for found, right in zip(gradients, each.gradients(*arrays), strict=True):
        np.testing.assert_allclose(np.zeros_like(right) if found is None else found, right, rtol=1e-12)


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    each = REFUSED[name]
    assert each.error is not None
    with pytest.raises(each.error) as caught:
        outcome(each, engine, drawn())
    assert str(caught.value).startswith(each.says)


@pytest.mark.parity
@pytest.mark.parametrize("name", RAN)
def test_like_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = (outcome(RAN[name], lib, drawn()) for lib in (engine, torch))
    for mine, right in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-10, atol=1e-12)
        assert mine.dtype == right.dtype
    for mine, right in zip(ours[1], theirs[1], strict=True):
        assert (mine is None) == (right is None)
        if mine is not None:
            np.testing.assert_allclose(mine, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize("name", REFUSED)
def test_refused_like_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    each = REFUSED[name]
    assert each.error is not None
    with pytest.raises(each.error) as caught:
        outcome(each, torch, drawn())
    assert str(caught.value).startswith(each.says)
