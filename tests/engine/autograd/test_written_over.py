"""A write may need the value that it writes over: backward gets a copy, as in PyTorch."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.autograd.gradients import grad
from engine.creation import tensor, zeros

START = np.array([0.3, -1.2, 2.5])


def written(write: Callable[[Any], Any]) -> Any:
    """The gradient of the sum of what `write` makes of twice the start, for the start."""
    start = tensor(START, requires_grad=True)
    middle = start * 2
    write(middle)
    return grad(middle.sum(), start, create_graph=True)[0], start


@pytest.mark.parametrize(
    ("write", "slope"),
    [
        (lambda y: y.sin_(), lambda y: 2 * np.cos(y)),
        (lambda y: y.pow_(3), lambda y: 6 * y**2),
        (lambda y: y.mul_(tensor(3.0, requires_grad=True)), lambda y: 6 * np.ones(3)),
        (lambda y: y.clamp_(-1, 1), lambda y: 2.0 * (np.abs(y) < 1)),
        (lambda y: y[1:].sin_(), lambda y: 2 * np.where([False, True, True], np.cos(y), 1)),
    ],
)
def test_the_gradient_uses_the_value_before_the_write(write: Callable[[Any], Any], slope: Callable[[Any], Any]) -> None:
    np.testing.assert_allclose(written(write)[0].detach().numpy(), slope(2 * START), rtol=1e-6)


def test_so_does_the_second_gradient() -> None:
    first, start = written(lambda y: y.sin_())
    np.testing.assert_allclose(grad(first.sum(), start)[0].numpy(), -4 * np.sin(2 * START), rtol=1e-6)


def test_a_copy_is_made_on_meta_too() -> None:
    start = zeros(3, device="meta", requires_grad=True)
    (start * 2).sin_().sum().backward()
    assert start.grad.shape == (3,)


def test_the_other_factor_may_not_be_written_over() -> None:
    start = tensor(math.pi, requires_grad=True)
    middle = start * 2
    middle.mul_(middle)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        middle.backward()
