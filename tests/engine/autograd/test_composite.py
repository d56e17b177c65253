"""Gradients of fused backwards: right too where what came from above was computed from what the forward op kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.gradients import grad

Function = Callable[[Any], Any]


def centred(x: Any) -> Any:
    gap = x - x.mean(-1, keepdim=True)
    return gap * ((gap * gap).mean(-1, keepdim=True) + 1e-5).rsqrt()


# Fused, and the same in ops that each have a rule of their own.
PAIRS: dict[str, tuple[Function, Function]] = {
    "silu": (engine.nn.functional.silu, lambda x: x * x.sigmoid()),
    "softplus": (engine.nn.functional.softplus, lambda x: (x.exp() + 1).log()),
    "softmax": (lambda x: x.softmax(-1), lambda x: x.exp() / x.exp().sum(-1, keepdim=True)),
    "layer_norm": (lambda x: engine.nn.functional.layer_norm(x, (4,)), centred),
}


def point() -> Any:
    values = np.random.default_rng(5).normal(size=(3, 4))
    return engine.tensor(values.tolist(), dtype=engine.float64, requires_grad=True)


def three_orders(function: Function) -> list[np.ndarray]:
    """Derivatives of a chain in which each function's upstream gradient depends on its input."""
    x, found = point(), []
    values = function(function(x * x.sin()))
    value = (values * values.cos()).sum()
    for _ in range(3):
        (slope,) = grad([value], [x], create_graph=True)
        found.append(slope.detach().numpy())
        value = (slope * slope.sin()).sum()
    return found


@pytest.mark.parametrize("name", PAIRS)
def test_derivatives_of_a_chain_are_those_of_plain_ops(name: str) -> None:
    fused, plain = PAIRS[name]
    for mine, right in zip(three_orders(fused), three_orders(plain), strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-9, atol=1e-9 * np.abs(right).max())


@pytest.mark.parametrize("name", PAIRS)
def test_the_input_itself_may_come_from_above(name: str) -> None:
    found = []
    for function in PAIRS[name]:
        x = point()
        (slope,) = grad([function(x)], [x], [x], create_graph=True)
        (second,) = grad([slope.square().sum()], [x])
        found.append(second.numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9, atol=1e-9)
