"""Each update rule by its formula, written once more over plain NumPy, and in two bytes by its float32 twin."""

from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import optim
from engine.creation import tensor
from tests.engine.optim.test_optimizers import MAKERS, NAMES

Rule = Iterator[np.ndarray]


def nadam(x: Any, g: Any, lr: float, betas: tuple[float, float], eps: float, decay: float, psi: float) -> Any:
    m, v, product, t = 0 * x, 0 * x, np.float32(1), 0
    while True:
        t += 1
        mu, after = (betas[0] * (1 - 0.5 * 0.96 ** (s * psi)) for s in (t, t + 1))
        product *= np.float32(mu)
        h = g + decay * x
        m, v = betas[0] * m + (1 - betas[0]) * h, betas[1] * v + (1 - betas[1]) * h**2
        top = after * m / (1 - float(product) * after) + (1 - mu) * h / (1 - float(product))
        x = x - lr * top / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
        g = yield x


def radam(x: Any, g: Any, lr: float, betas: tuple[float, float], eps: float) -> Any:
    m, v, t = 0 * x, 0 * x, 0
    limit = 2 / (1 - betas[1]) - 1
    while True:
        t += 1
        m, v = betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g**2
        rho = limit - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
        step = m / (1 - betas[0] ** t)
        if rho > 5:
            r = np.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
            step = step * r * np.sqrt(1 - betas[1] ** t) / (np.sqrt(v) + eps)
        x = x - lr * step
        g = yield x


def adamax(x: Any, g: Any, lr: float, betas: tuple[float, float], eps: float) -> Any:
    m, u, t = 0 * x, 0 * x, 0
    while True:
        t += 1
        m, u = betas[0] * m + (1 - betas[0]) * g, np.maximum(betas[1] * u, abs(g) + eps)
        x = x - lr / (1 - betas[0] ** t) * m / u
        g = yield x


def adagrad(x: Any, g: Any, lr: float, slower: float, begin: float, eps: float) -> Any:
    s, t = 0 * x + begin, 0
    while True:
        t += 1
        s = s + g**2
        x = x - lr / (1 + (t - 1) * slower) * g / (np.sqrt(s) + eps)
        g = yield x


def adadelta(x: Any, g: Any, lr: float, rho: float, eps: float) -> Any:
    v, u = 0 * x, 0 * x
    while True:
        v = rho * v + (1 - rho) * g**2
        d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d**2
        x = x - lr * d
        g = yield x


def rmsprop(x: Any, g: Any, lr: float, alpha: float, mu: float, eps: float) -> Any:
    v, a, b = 0 * x, 0 * x, 0 * x
    while True:
        v, a = alpha * v + (1 - alpha) * g**2, alpha * a + (1 - alpha) * g
        b = mu * b + g / (np.sqrt(v - a**2) + eps)
        x = x - lr * b
        g = yield x


def asgd(x: Any, g: Any, lr: float, lambd: float, alpha: float, t0: float) -> Any:
    eta, t = np.float32(lr), 0
    while True:
        t += 1
        x = (1 - lambd * float(eta)) * x - float(eta) * g
        eta = np.float32(lr / (1 + lambd * lr * t) ** alpha)
        g = yield x


def rprop(x: Any, g: Any, lr: float, etas: tuple[float, float], sizes: tuple[float, float]) -> Any:
    before, s = 0 * x, 0 * x + lr
    while True:
        factor = np.choose(np.sign(g * before).astype(int) + 1, [etas[0], 1.0, etas[1]])
        s = np.clip(s * factor, *sizes)
        before = np.where(factor == etas[0], 0, g)
        x = x - np.sign(before) * s
        g = yield x


def lion(x: Any, g: Any, lr: float, betas: tuple[float, float], decay: float) -> Any:
    m = 0 * x
    while True:
        x = x - lr * (np.sign(betas[0] * m + (1 - betas[0]) * g) + decay * x)
        m = betas[1] * m + (1 - betas[1]) * g
        g = yield x


PAIRS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "nadam": (
        lambda p: optim.NAdam(p, 0.1, (0.8, 0.9), 1e-3, 0.05, 0.3),
        lambda x, g: nadam(x, g, 0.1, (0.8, 0.9), 1e-3, 0.05, 0.3),
    ),
    "radam": (
        lambda p: optim.RAdam(p, 0.1, (0.8, 0.95), 1e-3),
        lambda x, g: radam(x, g, 0.1, (0.8, 0.95), 1e-3),
    ),
    "adamax": (
        lambda p: optim.Adamax(p, 0.1, (0.8, 0.9), 1e-3),
        lambda x, g: adamax(x, g, 0.1, (0.8, 0.9), 1e-3),
    ),
    "adagrad": (
        lambda p: optim.Adagrad(p, 0.1, 0.2, initial_accumulator_value=0.3, eps=1e-3),
        lambda x, g: adagrad(x, g, 0.1, 0.2, 0.3, 1e-3),
    ),
    "adadelta": (lambda p: optim.Adadelta(p, 0.7, 0.8, 1e-3), lambda x, g: adadelta(x, g, 0.7, 0.8, 1e-3)),
    "rmsprop": (
        lambda p: optim.RMSprop(p, 0.1, 0.9, 1e-3, momentum=0.5, centered=True),
        lambda x, g: rmsprop(x, g, 0.1, 0.9, 0.5, 1e-3),
    ),
    "asgd": (lambda p: optim.ASGD(p, 0.1, 0.2, 0.6), lambda x, g: asgd(x, g, 0.1, 0.2, 0.6, 1e6)),
    "rprop": (
        lambda p: optim.Rprop(p, 0.1, (0.4, 1.3), (0.05, 0.2)),
        lambda x, g: rprop(x, g, 0.1, (0.4, 1.3), (0.05, 0.2)),
    ),
    "lion": (
        lambda p: optim.Lion(p, 0.1, (0.8, 0.9), 0.05),
        lambda x, g: lion(x, g, 0.1, (0.8, 0.9), 0.05),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 12))
def test_an_update_is_its_formula(name: str, seed: int, steps: int) -> None:
    make, formula = PAIRS[name]
    random = np.random.default_rng(seed)
    start, gradients = random.normal(size=(3, 4)), random.normal(size=(steps, 3, 4))
    member = tensor(start, requires_grad=True)
    optimizer, rule = make([member]), formula(start, gradients[0])
    expected = next(rule)
    for step, gradient in enumerate(gradients):
        if step:
            expected = rule.send(gradient)
        member.grad = tensor(gradient)
        optimizer.step()
        np.testing.assert_allclose(member.array, expected, rtol=1e-10, atol=1e-12)


def test_the_mean_of_averaged_descent_begins_at_its_time() -> None:
    random = np.random.default_rng(0)
    member = tensor(random.normal(size=5), requires_grad=True)
    optimizer, path = optim.ASGD([member], lr=0.1, t0=3), []
    for _ in range(8):
        member.grad = tensor(random.normal(size=5))
        optimizer.step()
        path.append(member.array.copy())
    # μ = 1 / max(1, t − t0) of the step before: the first four only copy.
    np.testing.assert_allclose(optimizer.state[member]["ax"].array, np.mean(path[4:], axis=0), rtol=1e-6)


@pytest.mark.parametrize("kind", [ml_dtypes.bfloat16, np.float16], ids=["bfloat16", "float16"])
@pytest.mark.parametrize("make", MAKERS, ids=NAMES)
def test_two_bytes_are_computed_in_four_and_rounded_once(make: Any, kind: Any) -> None:
    random = np.random.default_rng(1)
    narrow = tensor(random.normal(size=(4, 5)).astype(kind), requires_grad=True)
    wide = tensor(narrow.array.astype("float32"), requires_grad=True)
    optimizer, twin = make([narrow]), make([wide])

    def round_twin() -> None:
        for each in (wide, *(state for name, state in twin.state[wide].items() if name not in twin.numbers)):
            each.array[...] = each.array.astype(kind)

    round_twin()
    for _ in range(4):
        narrow.grad = tensor(random.normal(size=(4, 5)).astype(kind))
        wide.grad = tensor(narrow.grad.array.astype("float32"))
        optimizer.step()
        twin.step()
        round_twin()
        assert narrow.array.dtype == kind
        assert np.array_equal(narrow.array.astype("float32"), wide.array)
