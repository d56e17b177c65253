"""Arguments that lie in memory which a function writes: each replay reads them as they are then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn

Made = tuple[Callable[..., Any], Callable[[int], tuple[Any, ...]]]


def an_argument_that_is_written() -> Made:
    def step(whole: Any, part: Any) -> Any:
        whole.add_(1)
        return part * 2

    def arguments(number: int) -> tuple[Any, ...]:
        whole = engine.zeros(4) + number
        return whole, whole[1:]

    return step, arguments


def a_buffer_that_is_written() -> Made:
    buffer = engine.zeros(3)

    def step(part: Any) -> Any:
        buffer.add_(1)
        return part * 2

    return step, lambda number: (buffer[:2],)


def a_buffer_from_the_fourth_call_on() -> Made:
    step, arguments = a_buffer_that_is_written()
    return step, lambda number: arguments(number) if number > 3 else (engine.ones(2),)


def a_parameter_that_is_trained() -> Made:
    engine.manual_seed(0)
    model = nn.Linear(3, 2)
    optimizer = engine.optim.SGD(model.parameters(), lr=0.1)
    inputs = engine.ones(4, 3)

    def step(weight: Any) -> Any:
        optimizer.zero_grad()
        model(inputs).sum().backward()
        optimizer.step()
        return weight * 1

    return step, lambda number: (model.weight.detach(),)


def a_gradient_that_is_added_to() -> Made:
    weight = engine.ones(3, requires_grad=True)
    weight.grad = engine.zeros(3)

    def step(gradient: Any) -> Any:
        (weight * 2).sum().backward()
        weight.grad.mul_(2)
        return gradient * 1

    return step, lambda number: (weight.grad,)


@pytest.mark.parametrize(
    "make",
    [
        an_argument_that_is_written,
        a_buffer_that_is_written,
        a_buffer_from_the_fourth_call_on,
        a_parameter_that_is_trained,
        a_gradient_that_is_added_to,
    ],
)
def test_an_argument_is_read_where_it_lies(make: Callable[[], Made]) -> None:
    (step, arguments), (twin, others) = make(), make()
    recorded = engine.compile(step)
    for number in range(7):
        mine, right = recorded(*arguments(number)), twin(*others(number))
        np.testing.assert_array_equal(mine.numpy(), right.numpy(), err_msg=f"call {number}")
    assert recorded.replays >= 4
