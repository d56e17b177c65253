"""Gradient clipping, and parameters as one vector."""

import math

import numpy as np
import pytest

from engine import nn
from engine.creation import tensor, zeros
from engine.nn.parameter import Parameter
from engine.nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)


def parameters(*gradients: list[float] | None) -> list[Parameter]:
    made = []
    for gradient in gradients:
        parameter = Parameter(zeros(2))
        parameter.grad = None if gradient is None else tensor(gradient)
        made.append(parameter)
    return made


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, math.inf])
def test_the_joint_norm_is_brought_down_to_its_limit(order: float) -> None:
    given = parameters([3.0, -4.0], None, [12.0, 0.0])
    flat = np.array([3.0, -4.0, 12.0, 0.0])
    norm = np.linalg.norm(flat, order)
    assert get_total_norm([each.grad for each in given if each.grad is not None], order).item() == pytest.approx(norm)
    assert clip_grad_norm_(given, 2.0, order).item() == pytest.approx(norm)
    clipped = np.concatenate([each.grad.numpy() for each in given if each.grad is not None])
    np.testing.assert_allclose(clipped, flat * 2 / (norm + 1e-6), rtol=1e-6)
    assert clip_grad_norm_(given[0], 100.0).item() == pytest.approx(np.linalg.norm(clipped[:2]))
    np.testing.assert_allclose(given[0].grad.numpy(), clipped[:2])


def test_clipping_without_gradients_and_with_infinite_ones() -> None:
    assert clip_grad_norm_(parameters(None), 1.0).item() == 0
    assert clip_grad_norm_(iter(parameters([math.inf, 1.0])), 1.0).item() == math.inf
    with pytest.raises(RuntimeError, match=r"norm of order 2\.0 .* is non-finite"):
        clip_grad_norm_(parameters([math.nan, 1.0]), 1.0, error_if_nonfinite=True)


def test_elements_are_kept_within_bounds() -> None:
    given = parameters([3.0, -4.0], None, [0.5, -0.5])
    clip_grad_value_(given, 1)
    assert given[0].grad.tolist() == [1, -1]
    assert given[2].grad.tolist() == [0.5, -0.5]


def test_parameters_become_a_vector_and_back() -> None:
    given = [Parameter(tensor([[1.0, 2.0], [3.0, 4.0]])), Parameter(tensor([5.0]))]
    vector = parameters_to_vector(given)
    assert vector.tolist() == [1, 2, 3, 4, 5]
    (vector * vector).sum().backward()
    assert given[1].grad.tolist() == [10]
    vector_to_parameters(vector.detach() * 2, given)
    assert given[0].tolist() == [[2, 4], [6, 8]]
    assert given[1].requires_grad
    with pytest.raises(TypeError, match="expected a Tensor, but got: list"):
        vector_to_parameters([1.0], given)  # type: ignore[arg-type]


def test_a_module_is_made_without_drawing_its_weights() -> None:
    layer = nn.utils.skip_init(nn.Linear, 3, 4, bias=False)
    assert (tuple(layer.weight.shape), layer.weight.device.type) == ((4, 3), "cpu")
    with pytest.raises(RuntimeError, match="Flatten must support a 'device' arg"):
        nn.utils.skip_init(nn.Flatten)
    with pytest.raises(RuntimeError, match="Expected a Module"):
        nn.utils.skip_init(dict)  # type: ignore[type-var]
