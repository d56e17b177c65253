"""Custom Functions behave as PyTorch's."""

from typing import Any

import numpy as np
import pytest

import engine
from engine import Tensor, tensor
from engine.autograd import Function


class Cube(Function):
    """x ** 3 with its own backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient * 3 * x * x


class Exponential(Function):
    """exp, which keeps its output."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient * ctx.saved_tensors[0]


class Halves(Function):
    """Two outputs, one input and one number."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        ctx.scale = scale
        return x * scale, x * (1 - scale)

    @staticmethod
    def backward(ctx: Any, first: Tensor, second: Tensor) -> tuple[Tensor, None]:
        return first * ctx.scale + second * (1 - ctx.scale), None


def leaf(*values: float) -> Tensor:
    return tensor(values, dtype=engine.float64, requires_grad=True)


def test_backward_is_the_users() -> None:
    x = leaf(2.0)
    y = Cube.apply(x)
    assert type(y.grad_fn).__name__
    assert "CubeBackward" in repr(y.grad_fn)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [12.0])


def test_second_order_runs_through_saved_inputs_and_outputs() -> None:
    x = leaf(2.0)
    (first,) = engine.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    (second,) = engine.autograd.grad(first.sum(), x)
    assert float(second) == 12.0
    (first,) = engine.autograd.grad(Exponential.apply(x).sum(), x, create_graph=True)
    (second,) = engine.autograd.grad(first.sum(), x)
    np.testing.assert_allclose(second.numpy(), np.exp([2.0]))


def test_an_output_without_gradient_reaches_backward_as_zeros() -> None:
    x = leaf(1.0, 3.0)
    first, _ = Halves.apply(x, 0.25)
    first.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0.25, 0.25])


def test_saved_tensors_are_freed_and_watched() -> None:
    x = leaf(2.0)
    y = Cube.apply(x * 1).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()
    middle = x * 1
    z = Cube.apply(middle).sum()
    middle.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


def test_a_wrong_number_of_gradients_is_named() -> None:
    class Wrong(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
            return x + y

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            return gradient

    x = leaf(1.0)
    with pytest.raises(
        RuntimeError, match=r"WrongBackward returned an incorrect number of gradients \(expected 2, got 1\)"
    ):
        Wrong.apply(x, x).sum().backward()


def test_forward_runs_without_gradients_and_backward_is_once_differentiable() -> None:
    modes: list[bool] = []

    class Watch(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            modes.append(engine.is_grad_enabled())
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Tensor:
            modes.append(engine.is_grad_enabled())
            return gradient * 2

    Watch.apply(leaf(1.0)).sum().backward()
    assert modes == [False, False]
