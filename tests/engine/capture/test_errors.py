"""An error in the middle of a replay: it is the function's own, nothing was updated, and the next call goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn, optim
from engine.nn import functional
from engine.testing.plans import plan_of

ROWS, CLASSES, WIDTH = 300, 70, 64


class Model:
    """A table, a matrix and a loss, of sizes that kernels compute; a batch may name rows or classes that are none."""

    def __init__(self) -> None:
        engine.manual_seed(3)
        self.table = nn.Embedding(90, WIDTH)
        self.linear = nn.Linear(WIDTH, CLASSES)
        self.parameters = [*self.table.parameters(), *self.linear.parameters()]
        self.optimizer = optim.Adam(self.parameters, lr=0.01)

    def update(self, rows: Any, classes: Any) -> Any:
        self.optimizer.zero_grad()
        loss = self.accumulate(rows, classes)
        self.optimizer.step()
        return loss

    def accumulate(self, rows: Any, classes: Any) -> Any:
        loss = functional.cross_entropy(self.linear(self.table(rows)), classes)
        loss.backward()
        return loss.detach()

    def state(self) -> list[np.ndarray]:
        state = [each for one in self.optimizer.state_dict()["state"].values() for each in one.values()]
        return [np.array(each.array) for each in (*self.parameters, *state)]

    def gradients(self) -> list[np.ndarray | None]:
        return [None if each.grad is None else np.array(each.grad.array) for each in self.parameters]


def batch(seed: int, row: int | None = None, target: int | None = None) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    rows, classes = rng.integers(0, 90, ROWS), rng.integers(0, CLASSES, ROWS)
    if row is not None:
        rows[217] = row
    if target is not None:
        classes[123] = target
    return engine.tensor(rows), engine.tensor(classes)


WRONG = {"a row that the table has not": {"row": 90}, "a class that is none": {"target": CLASSES}}


def error_of(function: Callable[..., Any], *args: Any) -> tuple[type, str]:
    with pytest.raises(IndexError) as caught:
        function(*args)
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_error_in_a_replay_updates_nothing(wrong: dict[str, int]) -> None:
    model, twin = Model(), Model()
    step = engine.compile(model.update)
    for seed in range(3):
        step(*batch(seed)), twin.update(*batch(seed))
    plan_of(step)
    before = model.state()
    assert error_of(step, *batch(7, **wrong)) == error_of(twin.update, *batch(7, **wrong))
    assert model.gradients() == twin.gradients() == [None] * 3
    for mine, then in zip(model.state(), before, strict=True):
        np.testing.assert_array_equal(mine, then)
    for seed in range(3):
        np.testing.assert_array_equal(step(*batch(seed)).numpy(), twin.update(*batch(seed)).numpy())
    np.testing.assert_equal(model.state(), twin.state())
    np.testing.assert_equal(model.gradients(), twin.gradients())
    assert (step.recorded, step.replays) == (2, 5)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_error_in_a_replay_leaves_the_gradients_of_the_calls_before(wrong: dict[str, int]) -> None:
    model, twin = Model(), Model()
    step = engine.compile(model.accumulate)
    for seed in range(4):
        step(*batch(seed)), twin.accumulate(*batch(seed))
    assert step.replays == 2
    error_of(step, *batch(7, **wrong)), error_of(twin.accumulate, *batch(7, **wrong))
    np.testing.assert_equal(model.gradients(), twin.gradients())
    for seed in range(2):
        np.testing.assert_array_equal(step(*batch(seed)).numpy(), twin.accumulate(*batch(seed)).numpy())
        np.testing.assert_equal(model.gradients(), twin.gradients())


def test_an_error_at_the_first_call_leaves_a_function_that_can_be_recorded() -> None:
    model, twin = Model(), Model()
    step = engine.compile(model.update)
    assert error_of(step, *batch(7, target=CLASSES)) == error_of(twin.update, *batch(7, target=CLASSES))
    for seed in range(4):
        np.testing.assert_array_equal(step(*batch(seed)).numpy(), twin.update(*batch(seed)).numpy())
    assert step.replays >= 2
    np.testing.assert_equal(model.state(), twin.state())
