"""Jacobians, Hessians and products are PyTorch's: values, tuples within tuples, gradients of them, refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.engine.autograd.twin_programs import agree

pytestmark = pytest.mark.parity
A, B, C = (np.random.default_rng(seed).standard_normal(shape) for seed, shape in enumerate(((3,), (3, 2), ())))

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "one tensor": lambda x, y: x.exp()[:, None] * y,
    "a tuple": lambda x, y: (x.exp()[:, None] * y, (x * x).sum()),
    "a number": lambda x, y: (x.exp() * y.sum() + x**3).sum(),
    "half of the inputs": lambda x, y: (x * x).sum(),
    "linear": lambda x, y: x.sum() + y.sum(),
}
CALLS = {
    "jacobian": lambda library, f, points, more: library.jacobian(f, points, **more),
    "hessian": lambda library, f, points, more: library.hessian(f, points, **more),
    "jvp": lambda library, f, points, more: library.jvp(f, points, points, **more),
    "vhp": lambda library, f, points, more: library.vhp(f, points, points, **more),
    "hvp": lambda library, f, points, more: library.hvp(f, points, points, **more),
    "vjp": lambda library, f, points, more: library.vjp(f, points, **more),
    "vjp of one": lambda library, f, points, more: library.vjp(f, points, points[1], **more),
}


def first_of(found: Any) -> Any:
    while isinstance(found, tuple):
        found = found[-1] if isinstance(found[-1], tuple) else found[0]
    return found


@pytest.mark.parametrize("more", [{}, {"strict": True}, {"create_graph": True}], ids=str)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_two_inputs(function: str, call: str, more: dict[str, bool]) -> None:
    def program(library: Any, tell: Any) -> None:
        points = tuple(library.tensor(each, requires_grad=True) for each in (A, B))
        found = CALLS[call](library.autograd.functional, FUNCTIONS[function], points, more)
        tell(found)
        one = first_of(found)
        tell(one.requires_grad)
        if one.requires_grad:
            gradients = library.autograd.grad(one.sum(), points, allow_unused=True, materialize_grads=True)
            tell(gradients)

    agree(program)


@pytest.mark.parametrize("call", ["jacobian", "hessian", "jvp", "vjp", "vhp", "hvp"])
def test_one_input_alone(call: str) -> None:
    def program(library: Any, tell: Any) -> None:
        point = library.tensor(C)
        tell(getattr(library.autograd.functional, call)(lambda x: x.exp() * x, point))

    agree(program)


def test_what_is_refused() -> None:
    def program(library: Any, tell: Any) -> None:
        functional, x = library.autograd.functional, library.tensor(A)
        calls: list[Callable[[], Any]] = [
            lambda: functional.jacobian(lambda x: x, 3),
            lambda: functional.jacobian(lambda x: 3, x),
            lambda: functional.jacobian(lambda x: x, x, strategy="other"),
            lambda: functional.jacobian(lambda x: x, x, strategy="forward-mode", create_graph=True, vectorize=True),
            lambda: functional.jacobian(lambda x: x, x, strict=True, vectorize=True),
            lambda: functional.hessian(lambda x: x, x),
            lambda: functional.hessian(lambda x: (x.sum(), x.sum()), x),
            lambda: functional.vjp(lambda x: x, x),
            lambda: functional.vjp(lambda x: x, x, x[:2]),
            lambda: functional.jvp(lambda x: x, x, (x, x)),
            lambda: functional.hvp(lambda x: x, x, x),
        ]
        for each in calls:
            try:
                each()
            except Exception as error:
                tell(type(error))

    agree(program)
