"""Distributions on a CUDA device: the CPU's draws, logarithms and gradients; nobody waits but to refuse."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

import engine
from engine.distributions import Bernoulli, Categorical, Normal, Uniform, kl_divergence

Forbidding = Callable[[], AbstractContextManager[None]]

MADE: dict[str, Callable[[Any, bool | None], Any]] = {
    "Normal": lambda x, checked: Normal(x, x.abs() + 0.5, validate_args=checked),
    "Uniform": lambda x, checked: Uniform(x, x + 2, validate_args=checked),
    "Bernoulli": lambda x, checked: Bernoulli(logits=x, validate_args=checked),
    "Bernoulli by probabilities": lambda x, checked: Bernoulli(x.sigmoid(), validate_args=checked),
    "Categorical": lambda x, checked: Categorical(logits=x, validate_args=checked),
    "Categorical by probabilities": lambda x, checked: Categorical(x.softmax(-1), validate_args=checked),
}
# It draws by weights, which have to be read to see that they are weights.
READING = {"Categorical", "Categorical by probabilities"}


@pytest.mark.parametrize("checked", [None, False], ids=["checked", "unchecked"])
@pytest.mark.parametrize("name", MADE)
def test_distributions(name: str, checked: bool | None, cuda: str, nobody_waits: Forbidding) -> None:
    found = []
    for where in ("cpu", cuda):
        x = engine.tensor(np.random.default_rng(1).normal(size=(3, 4))).to(where).requires_grad_()
        engine.manual_seed(4)
        engine.cuda.manual_seed(4)
        free = where == "cpu" or checked is None or name in READING
        with nullcontext() if free else nobody_waits():
            made = MADE[name](x, checked)
            drawn = made.rsample((5,)) if made.has_rsample else made.sample((5,))
            told = made.log_prob(drawn.detach())
            (told.sum() + made.entropy().sum() + drawn.sum()).backward()
        assert str(drawn.device) == where
        found.append([drawn, told, x.grad])
    for ours, right in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(ours.detach().cpu().numpy(), right.detach().numpy(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["Normal", "Bernoulli", "Categorical"])
def test_divergences(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    found = []
    for where in ("cpu", cuda):
        first = engine.tensor(np.random.default_rng(1).normal(size=(3, 4))).to(where)
        second = engine.tensor(np.random.default_rng(2).normal(size=(3, 4))).to(where)
        with nullcontext() if where == "cpu" else nobody_waits():
            found.append(kl_divergence(MADE[name](first, False), MADE[name](second, False)))
    np.testing.assert_allclose(found[1].cpu().numpy(), found[0].numpy(), rtol=1e-9)


def test_what_lies_outside_is_refused(cuda: str) -> None:
    with pytest.raises(ValueError, match="scale"):
        Normal(engine.zeros(2, device=cuda), engine.tensor([1.0, -1.0], device=cuda))
    with pytest.raises(ValueError, match="support"):
        Bernoulli(engine.full((2,), 0.5, device=cuda)).log_prob(engine.tensor([0.0, 0.5], device=cuda))
