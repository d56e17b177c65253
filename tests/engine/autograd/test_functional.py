"""Jacobians, Hessians and their products: formulas of quadratic and cubic functions, shapes, what strict refuses."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.autograd import functional


def vector(seed: int, *shape: int) -> Any:
    return engine.tensor(np.random.default_rng(seed).standard_normal(shape))


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.sampled_from(["reverse-mode", "forward-mode"]))
def test_the_jacobian_of_a_linear_function_is_its_matrix(rows: int, columns: int, both: bool, strategy: str) -> None:
    matrix, point = vector(0, rows, columns), vector(1, columns)
    found = functional.jacobian(lambda x: (matrix @ x, x.sum()) if both else matrix @ x, point, strategy=strategy)
    first = found[0] if both else found
    np.testing.assert_allclose(first.numpy(), matrix.numpy(), rtol=1e-12)
    if both:
        np.testing.assert_array_equal(found[1].numpy(), np.ones(columns))


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_the_hessian_of_a_quadratic_form_is_its_symmetric_part_twice(strategy: str) -> None:
    matrix, point = vector(0, 3, 3), vector(1, 3)
    found = functional.hessian(lambda x: x @ matrix @ x, point, outer_jacobian_strategy=strategy)
    np.testing.assert_allclose(found.numpy(), matrix.numpy() + matrix.numpy().T, rtol=1e-12)


def test_products_are_those_of_the_whole_matrices() -> None:
    def outputs(x: Any, y: Any) -> Any:
        return x.exp() * y.sum(), (x * x).sum() * y

    def energy(x: Any, y: Any) -> Any:
        return (outputs(x, y)[0] ** 2).sum() + y.prod()

    points = vector(0, 3), vector(1, 2)
    along, against = (vector(2, 3), vector(3, 2)), (vector(4, 3), vector(5, 2))
    jacobian = np.block([[each.numpy() for each in row] for row in functional.jacobian(outputs, points)])
    hessian = np.block([[each.numpy() for each in row] for row in functional.hessian(energy, points)])
    flat = [np.concatenate([each.numpy() for each in pair]) for pair in (along, against)]
    products = {
        functional.jvp: (outputs, along, jacobian @ flat[0]),
        functional.vjp: (outputs, against, flat[1] @ jacobian),
        functional.vhp: (energy, along, flat[0] @ hessian),
        functional.hvp: (energy, along, hessian @ flat[0]),
    }
    for product, (function, direction, expected) in products.items():
        values, found = product(function, points, direction)
        np.testing.assert_allclose(np.concatenate([each.numpy() for each in found]), expected, rtol=1e-10)
        computed = function(*points)
        for value, right in zip(_as_tuple(values), _as_tuple(computed), strict=True):
            np.testing.assert_array_equal(value.numpy(), right.numpy())


def test_derivatives_of_derivatives() -> None:
    x = vector(0, 3).requires_grad_()
    jacobian = functional.jacobian(lambda x: x**3, x, create_graph=True)
    (slopes,) = engine.autograd.grad(jacobian.sum(), x)
    np.testing.assert_allclose(slopes.numpy(), 6 * x.detach().numpy())
    hessian = functional.hessian(lambda x: (x**3).sum(), x, create_graph=True)
    (slopes,) = engine.autograd.grad(hessian.sum(), x)
    np.testing.assert_allclose(slopes.numpy(), np.full(3, 6.0))
    assert not functional.jacobian(lambda x: x**3, x).requires_grad


def test_an_output_that_does_not_depend_on_an_input_has_zeros_or_is_refused() -> None:
    x, y = vector(0, 2), vector(1, 3)
    (first, second) = functional.jacobian(lambda x, y: x * 2, (x, y))
    assert first.shape == (2, 2)
    np.testing.assert_array_equal(second.numpy(), np.zeros((2, 3)))
    with pytest.raises(RuntimeError, match=r"independent of input 1.*strict"):
        functional.jacobian(lambda x, y: x * 2, (x, y), strict=True)
    with pytest.raises(RuntimeError, match=r"Output 0 .* does not require gradients"):
        functional.vjp(lambda x: y, x, y, strict=True)
    with pytest.raises(RuntimeError, match="jacobian of the user-provided function"):
        functional.hessian(lambda x: x.sum(), x, strict=True)


def test_what_is_no_tensor_or_has_another_size_is_named() -> None:
    x = vector(0, 2)
    with pytest.raises(TypeError, match="inputs given to jacobian must be either a Tensor or a tuple of Tensors"):
        functional.jacobian(lambda x: x, 3.0)
    with pytest.raises(RuntimeError, match=r"invalid size: should be \[2\] but got \[3\]"):
        functional.jvp(lambda x: x, x, vector(0, 3))
    with pytest.raises(RuntimeError, match="v can only be None"):
        functional.vjp(lambda x: x, x)
    with pytest.raises(RuntimeError, match="should contain a single element"):
        functional.hvp(lambda x: x, x, x)
    with pytest.raises(AssertionError, match="'sideways'"):
        functional.jacobian(lambda x: x, x, strategy="sideways")
