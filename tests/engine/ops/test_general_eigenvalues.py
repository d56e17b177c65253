"""Eigenvalues of any square matrices: what they are, and their gradients beside numeric ones."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.testing import numeric_direction

RNG = np.random.default_rng(5)


def invariant(matrix: engine.Tensor, weights: np.ndarray) -> engine.Tensor:
    """A real function of values and vectors that doesn't see phases, and sees the values in any order alike."""
    values, vectors = engine.linalg.eig(matrix)
    shares = vectors.abs().square() * engine.from_numpy(weights)
    return (shares.sum(-2) * (values.real.square() + 3 * values.imag.square())).sum() + values.abs().sum()


def test_matrix_turns_vectors_into_multiples_of_themselves() -> None:
    matrix = engine.from_numpy(RNG.normal(size=(2, 5, 5)))
    values, vectors = engine.linalg.eig(matrix)
    np.testing.assert_allclose(matrix.to(values.dtype) @ vectors, vectors * values.unsqueeze(-2), atol=1e-12)
    np.testing.assert_allclose(vectors.abs().square().sum(-2), np.ones((2, 5)), atol=1e-12)
    np.testing.assert_allclose(engine.linalg.eigvals(matrix), values, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4)])
def test_gradients_of_both_orders(shape: tuple[int, ...]) -> None:
    point, direction, probe = (RNG.normal(size=shape) for _ in range(3))
    weights = RNG.normal(size=(shape[-1], 1))

    def slope(at: np.ndarray, create_graph: bool = False) -> tuple[engine.Tensor, engine.Tensor]:
        matrix = engine.from_numpy(np.array(at)).requires_grad_()
        return matrix, engine.autograd.grad(invariant(matrix, weights), matrix, create_graph=create_graph)[0]

    matrix, gradient = slope(point, create_graph=True)
    second = engine.autograd.grad((gradient * engine.from_numpy(probe)).sum(), matrix)[0]
    numeric = numeric_direction(lambda at: invariant(engine.from_numpy(at[0]), weights).item(), [point], [direction])
    assert (gradient.detach().numpy() * direction).sum() == pytest.approx(numeric, rel=1e-6)
    numeric = numeric_direction(lambda at: (slope(at[0])[1].numpy() * probe).sum(), [point], [direction], 1e-5)
    assert (second.numpy() * direction).sum() == pytest.approx(numeric, rel=1e-5)


def test_values_alone_have_the_same_gradient() -> None:
    matrix = engine.from_numpy(RNG.normal(size=(4, 4))).requires_grad_()
    alone = engine.autograd.grad(engine.linalg.eigvals(matrix).abs().sum(), matrix)[0]
    both = engine.autograd.grad(engine.linalg.eig(matrix).eigenvalues.abs().sum(), matrix)[0]
    np.testing.assert_allclose(alone, both, atol=1e-12)


@pytest.mark.parametrize("function", [engine.linalg.eig, engine.linalg.eigvals])
def test_what_is_refused(function: Callable[[engine.Tensor], Any]) -> None:
    with pytest.raises(RuntimeError, match=r"square matrices.*2 by 3"):
        function(engine.ones(2, 3))
    with pytest.raises(engine.linalg.LinAlgError, match="non-finite"):
        function(engine.full((2, 2), float("nan")))
