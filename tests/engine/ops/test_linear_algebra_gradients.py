"""Gradients of decompositions that see one triangle alone, and those of functions made of ops, against numeric ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.gradients import grad
from engine.testing.function_checks import check_function

RNG = np.random.default_rng(17)
Function = Callable[..., Any]


def matrix(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def definite(input: Any) -> Any:
    return input @ input.mT + 2 * engine.eye(input.shape[-1], dtype=engine.float64)


def symmetric(input: Any) -> Any:
    return input + input.mT


INDEFINITE = matrix(3, 3) + np.diag([3.0, -3.0, 1.0])

FUNCTIONS: dict[str, tuple[Function, tuple[np.ndarray, ...]]] = {
    "cholesky": (lambda x: engine.linalg.cholesky(definite(x)), (matrix(2, 3, 3),)),
    "cholesky, upper": (lambda x: engine.linalg.cholesky(definite(x), upper=True), (matrix(3, 3),)),
    "cholesky_solve": (
        lambda b, x: engine.cholesky_solve(b, engine.linalg.cholesky(definite(x))),
        (matrix(3, 2), matrix(3, 3)),
    ),
    "cholesky_solve, upper": (
        lambda b, x: engine.cholesky_solve(b, engine.linalg.cholesky(definite(x)).mT, True),
        (matrix(3, 2), matrix(3, 3)),
    ),
    "cholesky_inverse": (lambda x: engine.cholesky_inverse(x.tril() + 3), (matrix(3, 3),)),
    "eigh": (lambda x: engine.linalg.eigh(symmetric(x)).eigenvectors.abs(), (matrix(2, 3, 3),)),
    "eigh, upper": (lambda x: sum(each.abs().sum() for each in engine.linalg.eigh(symmetric(x), "U")), (matrix(3, 3),)),
    "eigvalsh": (lambda x: engine.linalg.eigvalsh(symmetric(x)), (matrix(3, 3),)),
    "ldl_solve": (
        lambda b: engine.linalg.ldl_solve(*engine.linalg.ldl_factor(engine.tensor(INDEFINITE)), b),
        (matrix(3, 2),),
    ),
    "lu": (lambda x: engine.linalg.lu(x).L.sum() + (engine.linalg.lu(x).U ** 2).sum(), (matrix(3, 4),)),
    "lu_solve": (
        lambda x, b: engine.linalg.lu_solve(*engine.linalg.lu_factor(x), b, adjoint=True),
        (matrix(2, 3, 3), matrix(3, 2)),
    ),
    "lu_solve, right": (
        lambda x, b: engine.linalg.lu_solve(*engine.linalg.lu_factor(x), b, left=False),
        (matrix(3, 3), matrix(2, 3)),
    ),
    "svd": (lambda x: engine.svd(x).U.abs() @ engine.svd(x).S.diag(), (matrix(4, 3),)),
    "logdet": (lambda x: engine.logdet(definite(x)), (matrix(2, 3, 3),)),
    "pinv of low rank": (
        lambda x, y: engine.linalg.pinv(x @ y, rtol=1e-8),
        (matrix(4, 2), matrix(2, 3)),
    ),
    "pinv, symmetric": (lambda x: engine.linalg.pinv(symmetric(x), hermitian=True), (matrix(3, 3),)),
    "lstsq": (
        lambda x, b: sum(each.sum() for each in engine.linalg.lstsq(x, b, driver="gelsd")[:2]),
        (matrix(4, 2), matrix(4, 3)),
    ),
    "matrix_power": (lambda x: engine.linalg.matrix_power(x, 5), (matrix(3, 3),)),
    "matrix_power, inverse": (lambda x: engine.linalg.matrix_power(x, -2), (matrix(3, 3),)),
    "tensorsolve": (engine.linalg.tensorsolve, (matrix(2, 3, 6), matrix(2, 3))),
    "tensorinv": (engine.linalg.tensorinv, (matrix(2, 3, 6),)),
    "norm 2": (lambda x: engine.linalg.matrix_norm(x, 2), (matrix(2, 3, 4),)),
    "norm nuc": (lambda x: engine.linalg.matrix_norm(x, "nuc", (0, 2)), (matrix(3, 2, 4),)),
    "norm -1": (lambda x: engine.linalg.norm(x, -1), (matrix(3, 4),)),
    "cond": (lambda x: engine.linalg.cond(x, 1), (matrix(3, 3),)),
    "kron": (engine.kron, (matrix(2, 3), matrix(2, 1, 2))),
    "tensordot": (
        lambda x, y: engine.tensordot(x, y, ([0, 2], [1, 0])),
        (matrix(2, 3, 4), matrix(4, 2)),
    ),
    "cross": (engine.linalg.cross, (matrix(2, 3), matrix(1, 3))),
    "bilinear": (engine.nn.functional.bilinear, (matrix(5, 2), matrix(5, 3), matrix(4, 2, 3), matrix(4))),
    "multi_dot": (
        lambda *each: engine.linalg.multi_dot(list(each)),
        (matrix(3), matrix(3, 5), matrix(5, 2), matrix(2, 4)),
    ),
    "einsum": (
        lambda x, y, z: engine.einsum("bii,...ij,jk->...bk", x, y, z),
        (matrix(2, 3, 3), matrix(5, 3, 4), matrix(4, 2)),
    ),
    "vander": (lambda x: engine.linalg.vander(x, 5), (matrix(2, 3),)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_of_first_and_second_order(name: str) -> None:
    check_function(*FUNCTIONS[name], RNG)


def test_the_second_gradient_of_a_singular_determinant_is_finite_and_right() -> None:
    point = matrix(4, 2) @ matrix(2, 4)
    leaf = engine.tensor(point).requires_grad_()
    probe, direction = matrix(4, 4), matrix(4, 4)
    (first,) = grad(engine.linalg.det(leaf), [leaf], create_graph=True)
    (second,) = grad((first * engine.tensor(probe)).sum(), [leaf])
    step = 1e-4
    corners = [
        sign * other * np.linalg.det(point + step * (sign * probe + other * direction))
        for sign in (1, -1)
        for other in (1, -1)
    ]
    np.testing.assert_allclose((second.numpy() * direction).sum(), sum(corners) / (4 * step**2), rtol=1e-4, atol=1e-4)
