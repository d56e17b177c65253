"""Optimizers beside PyTorch's: ten steps over a grid of arguments, and state dicts carried across."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from engine import optim
from engine.creation import tensor

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

SHAPES = ((4, 3), (3,), (), (2, 2, 2))
STEPS = 10
SKIPPED = {2: 1, 5: 0}

SGD_GRID = [
    (
        "SGD",
        {
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": decay,
            "nesterov": nesterov,
            "maximize": maximize,
        },
    )
    for momentum, dampening, decay, nesterov, maximize in product(
        (0, 0.9), (0, 0.3), (0, 0.1), (False, True), (False, True)
    )
    if not nesterov or (momentum and not dampening)
]
ADAM_GRID = [
    (kind, {"betas": betas, "weight_decay": decay, "amsgrad": amsgrad, "maximize": maximize})
    for kind, betas, decay, amsgrad, maximize in product(
        ("Adam", "AdamW"), ((0.9, 0.999), (0.5, 0.8)), (0, 0.1), (False, True), (False, True)
    )
]
TOLERANCE = {"float64": 1e-12, "float32": 1e-6}


def start(dtype: str) -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [random.normal(size=shape).astype(dtype) for shape in SHAPES]


def gradients(dtype: str, step: int) -> list[np.ndarray | None]:
    random = np.random.default_rng(100 + step)
    drawn = [random.normal(size=shape).astype(dtype) for shape in SHAPES]
    return [None if SKIPPED.get(step) == number else gradient for number, gradient in enumerate(drawn)]


def step_ours(optimizer: Any, members: list[Any], dtype: str, step: int) -> None:
    for member, gradient in zip(members, gradients(dtype, step), strict=True):
        member.grad = None if gradient is None else tensor(gradient)
    optimizer.step()


def step_theirs(optimizer: Any, members: list[Any], dtype: str, step: int) -> None:
    for member, gradient in zip(members, gradients(dtype, step), strict=True):
        member.grad = None if gradient is None else torch.tensor(gradient)
    optimizer.step()


def close(ours: list[Any], theirs: list[Any], dtype: str) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        limit = TOLERANCE[dtype]
        np.testing.assert_allclose(mine.array, other.detach().numpy(), rtol=limit, atol=limit)


def make(kind: str, arguments: dict[str, Any], dtype: str) -> tuple[Any, list[Any], Any, list[Any]]:
    ours = [tensor(value, requires_grad=True) for value in start(dtype)]
    theirs = [torch.tensor(value, requires_grad=True) for value in start(dtype)]
    return (
        getattr(optim, kind)(ours, lr=0.05, **arguments),
        ours,
        getattr(torch.optim, kind)(theirs, lr=0.05, **arguments),
        theirs,
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("kind", "arguments"), [*SGD_GRID, *ADAM_GRID])
def test_ten_steps_are_pytorchs(kind: str, arguments: dict[str, Any], dtype: str) -> None:
    mine, ours, other, theirs = make(kind, arguments, dtype)
    for step in range(STEPS):
        step_ours(mine, ours, dtype, step)
        step_theirs(other, theirs, dtype, step)
        close(ours, theirs, dtype)


CARRIED = [
    ("SGD", {"momentum": 0.9, "dampening": 0.3}),
    ("SGD", {}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {}),
]


@pytest.mark.parametrize(("kind", "arguments"), CARRIED)
def test_a_state_dict_of_pytorchs_loads_and_continues(kind: str, arguments: dict[str, Any]) -> None:
    mine, ours, other, theirs = make(kind, arguments, "float64")
    for step in range(4):
        step_theirs(other, theirs, "float64", step)
    other.param_groups[0]["lr"] = 0.02
    ours[:] = [tensor(member.detach().numpy(), requires_grad=True) for member in theirs]
    mine = getattr(optim, kind)(ours, lr=0.5, **arguments)
    mine.load_state_dict(other.state_dict())
    assert mine.param_groups[0]["lr"] == 0.02
    for step in range(4, STEPS):
        step_ours(mine, ours, "float64", step)
        step_theirs(other, theirs, "float64", step)
        close(ours, theirs, "float64")


@pytest.mark.parametrize(("kind", "arguments"), CARRIED)
def test_pytorch_loads_ours_and_continues(kind: str, arguments: dict[str, Any]) -> None:
    mine, ours, _, _ = make(kind, arguments, "float64")
    for step in range(4):
        step_ours(mine, ours, "float64", step)
    theirs = [torch.tensor(member.array, requires_grad=True) for member in ours]
    other = getattr(torch.optim, kind)(theirs, lr=0.5, **arguments)
    saved = mine.state_dict()
    saved["state"] = {
        number: {name: torch.tensor(value.array) for name, value in state.items()}
        for number, state in saved["state"].items()
    }
    other.load_state_dict(saved)
    for step in range(4, STEPS):
        step_ours(mine, ours, "float64", step)
        step_theirs(other, theirs, "float64", step)
        close(ours, theirs, "float64")


@pytest.mark.parametrize(("kind", "arguments"), CARRIED)
def test_state_dicts_look_alike(kind: str, arguments: dict[str, Any]) -> None:
    mine, ours, other, theirs = make(kind, arguments, "float64")
    step_ours(mine, ours, "float64", 0)
    step_theirs(other, theirs, "float64", 0)
    written, expected = mine.state_dict(), other.state_dict()
    assert written["param_groups"] == expected["param_groups"]
    # SGD without momentum has nothing to keep: PyTorch lists an empty dict or None where we list nothing.
    kept = {number: state for number, state in expected["state"].items() if any(v is not None for v in state.values())}
    assert {number: list(state) for number, state in written["state"].items()} == {
        number: list(state) for number, state in kept.items()
    }
    for number, state in kept.items():
        for name, value in state.items():
            assert written["state"][number][name].array.dtype == value.numpy().dtype
            np.testing.assert_allclose(written["state"][number][name].array, value.numpy(), rtol=1e-14)
