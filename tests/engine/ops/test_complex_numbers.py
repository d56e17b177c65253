"""Complex numbers: real functions through them have the gradients that the same functions have of real parts alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine

Function = Callable[[Any, Any], Any]


def parts(seed: int, shape: tuple[int, ...] = (3, 4)) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [engine.tensor(rng.normal(size=shape), requires_grad=True) for _ in range(2)]


# A function of z = x + iy, and what it is of x and y.
TWINS: dict[str, tuple[Callable[[Any], Any], Function]] = {
    "product": (lambda z: (z * z * (2 - 1j)).real, lambda x, y: 2 * (x * x - y * y) + 2 * x * y),
    "quotient": (lambda z: ((1 + 1j) / z).imag, lambda x, y: (x - y) / (x * x + y * y)),
    "length": (lambda z: z.abs(), lambda x, y: (x * x + y * y).sqrt()),
    "conjugate": (lambda z: (z.conj() * z * z).real, lambda x, y: x * (x * x + y * y)),
    "exponential": (lambda z: z.exp().imag, lambda x, y: x.exp() * y.sin()),
    "sine": (lambda z: z.sin().real, lambda x, y: x.sin() * y.cosh()),
    "sum": (lambda z: z.sum(0).imag * z.mean().real, lambda x, y: y.sum(0) * x.mean()),
    "matrices": (lambda z: (z @ z.mT).imag, lambda x, y: x @ y.mT + y @ x.mT),
    "views": (lambda z: engine.view_as_real(z[1:].t().flatten())[::2, 1], lambda x, y: y[1:].t().flatten()[::2]),
    "joined": (lambda z: engine.cat([z, z.conj()]).imag, lambda x, y: engine.cat([y, -y])),
    "real factor": (lambda z: (z * z.real).imag, lambda x, y: x * y),
    "angle": (lambda z: z.angle(), lambda x, y: y.atan2(x)),
    "chosen": (lambda z: engine.where(z.real > 0, z, z.conj()).imag, lambda x, y: engine.where(x > 0, y, -y)),
    "polar": (lambda z: engine.polar(z.real, z.imag).real, lambda x, y: x * y.cos()),
}


@pytest.mark.parametrize("name", TWINS)
def test_values_and_gradients_of_both_orders(name: str) -> None:
    through, plainly = TWINS[name]
    x, y = parts(1)
    weights = None
    found = []
    for value in (through(engine.complex(x, y)), plainly(x, y)):
        weights = np.cos(np.arange(value.numel())).reshape(value.shape) if weights is None else weights
        first = engine.autograd.grad(
            value, (x, y), engine.tensor(weights), create_graph=True, allow_unused=True, materialize_grads=True
        )
        penalty = sum((each * each).sum() for each in first)
        second: tuple[Any, ...] = ()
        if penalty.requires_grad:
            second = engine.autograd.grad(penalty, (x, y), allow_unused=True, materialize_grads=True)
        found.append([value, *first, *(second or (x * 0, y * 0))])
    for mine, right in zip(*found, strict=True):
        assert mine.dtype is engine.float64
        np.testing.assert_allclose(mine.detach().numpy(), right.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_a_part_is_a_view_and_writes_reach_the_number() -> None:
    z = engine.zeros(3, dtype=engine.complex64)
    z.real[0] = 2
    z.imag.add_(1)
    engine.view_as_real(z)[2, 0] = 5
    np.testing.assert_array_equal(z.numpy(), np.array([2 + 1j, 1j, 5 + 1j], "complex64"))


def test_pairs_must_lie_side_by_side() -> None:
    with pytest.raises(RuntimeError, match=r"size 2.*\[2, 3\]"):
        engine.view_as_complex(engine.zeros(2, 3))
    with pytest.raises(RuntimeError, match="stride"):
        engine.view_as_complex(engine.zeros(2, 3).t())


@pytest.mark.parametrize("operation", [engine.relu, engine.maximum, engine.sort, engine.erf, engine.nn.functional.gelu])
def test_other_ops_refuse_complex_numbers_by_name(operation: Callable[..., Any]) -> None:
    z = engine.tensor([1j, 2.0])
    with pytest.raises(NotImplementedError, match="complex"):
        operation(z, z) if operation is engine.maximum else operation(z)


def test_numbers_of_python_are_complex_of_the_default_precision() -> None:
    assert (engine.ones(2) * 1j).dtype is engine.complex64
    assert (engine.ones(2, dtype=engine.float64) * 1j).dtype is engine.complex128
    assert engine.tensor([1, 2j]).dtype is engine.complex64
    assert engine.tensor(3 - 1j).item() == 3 - 1j


def test_a_gradient_of_a_real_number_is_real() -> None:
    x = engine.tensor([1.0, 2.0], requires_grad=True)
    ((x * 1j).abs() + (x * (1 + 1j)).imag).sum().backward()
    assert x.grad.dtype is engine.float32
    np.testing.assert_allclose(x.grad.numpy(), [2.0, 2.0])


def test_covariances_are_of_conjugates() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(3, 8)) + 1j * rng.normal(size=(3, 8))
    np.testing.assert_allclose(engine.cov(engine.tensor(values)).numpy(), np.cov(values))
    np.testing.assert_allclose(engine.corrcoef(engine.tensor(values)).numpy(), np.corrcoef(values))


@pytest.mark.parametrize(
    "call",
    [
        lambda z: engine.float_power(z, 2),
        lambda z: engine.float_power(engine.ones(2), z),
        engine.masked.var,
        engine.masked.std,
        engine.var,
        engine.norm,
    ],
)
def test_functions_made_of_ops_refuse_complex_numbers_too(call: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="complex"):
        call(engine.tensor([1j, 2.0]))
