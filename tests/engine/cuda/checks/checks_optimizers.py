"""Optimizers on a CUDA device: the CPU's steps, and nobody waits but those who measure."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn, optim

Forbidding = Callable[[], AbstractContextManager[None]]

STEPS = 7
OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda parameters: optim.SGD(parameters, 0.05, momentum=0.9, dampening=0.1, weight_decay=0.1),
    "Adam": lambda parameters: optim.Adam(parameters, 0.01, amsgrad=True),
    "AdamW": lambda parameters: optim.AdamW(parameters, 0.01, maximize=True),
    "Adamax": lambda parameters: optim.Adamax(parameters, 0.01, weight_decay=0.1),
    "NAdam": lambda parameters: optim.NAdam(parameters, 0.01, decoupled_weight_decay=True, weight_decay=0.1),
    "RAdam": lambda parameters: optim.RAdam(parameters, 0.01),
    "Adagrad": lambda parameters: optim.Adagrad(parameters, 0.05, lr_decay=0.1),
    "Adadelta": lambda parameters: optim.Adadelta(parameters, 0.5),
    "RMSprop": lambda parameters: optim.RMSprop(parameters, 0.01, centered=True, momentum=0.5),
    "Rprop": lambda parameters: optim.Rprop(parameters, 0.01),
    "ASGD": lambda parameters: optim.ASGD(parameters, 0.05, t0=3),
    "Lion": lambda parameters: optim.Lion(parameters, 0.01, weight_decay=0.1),
    "Muon": lambda parameters: optim.Muon([each for each in parameters if each.ndim == 2], 0.05),
    "LBFGS": lambda parameters: optim.LBFGS(parameters, 0.5, max_iter=3, line_search_fn="strong_wolfe"),
}
# A line search compares losses.
MEASURING = {"LBFGS"}


class Training:
    """A small network, its optimizer and the same batch over and over."""

    def __init__(self, make: Callable[[Any], Any], where: str) -> None:
        engine.manual_seed(3)
        self.model = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).to(where)
        self.optimizer = make(list(self.model.parameters()))
        self.x, self.y = engine.randn(16, 5).to(where), engine.randn(16, 3).to(where)

    def loss(self) -> Any:
        """The loss, whose gradients are new."""
        self.optimizer.zero_grad()
        loss = ((self.model(self.x) - self.y) ** 2).mean()
        loss.backward()
        return loss

    def step(self) -> None:
        """One update."""
        self.optimizer.step(self.loss)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_the_cpus(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    host, there = Training(OPTIMIZERS[name], "cpu"), Training(OPTIMIZERS[name], cuda)
    for _ in range(STEPS):
        host.step()
        with nullcontext() if name in MEASURING else nobody_waits():
            there.step()
    for ours, right in zip(there.model.parameters(), host.model.parameters(), strict=True):
        assert str(ours.device) == cuda
        np.testing.assert_allclose(ours.detach().cpu().numpy(), right.detach().numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_continues_there(name: str, cuda: str) -> None:
    through, before = Training(OPTIMIZERS[name], "cpu"), Training(OPTIMIZERS[name], "cpu")
    for _ in range(4):
        through.step()
    before.step()
    before.step()
    after = Training(OPTIMIZERS[name], cuda)
    after.model.load_state_dict(before.model.state_dict())
    after.optimizer.load_state_dict(before.optimizer.state_dict())
    after.step()
    after.step()
    for ours, right in zip(after.model.parameters(), through.model.parameters(), strict=True):
        np.testing.assert_allclose(ours.detach().cpu().numpy(), right.detach().numpy(), rtol=1e-3, atol=1e-4)


def test_schedules_and_clipping_wait_for_nobody(cuda: str, nobody_waits: Forbidding) -> None:
    training = Training(OPTIMIZERS["AdamW"], cuda)
    schedule = optim.lr_scheduler.OneCycleLR(training.optimizer, 0.1, total_steps=STEPS)
    with nobody_waits():
        for _ in range(STEPS - 1):
            training.loss()
            nn.utils.clip_grad_norm_(training.model.parameters(), 1.0)
            nn.utils.clip_grad_value_(training.model.parameters(), 0.5)
            training.optimizer.step()
            schedule.step()
