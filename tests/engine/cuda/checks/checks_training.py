"""A training loop on a CUDA device: the CPU's losses, and a step in which nobody waits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.backend.namespace import cupy
from engine.nn.utils import clip_grad_norm_

Forbidding = Callable[[], AbstractContextManager[None]]

FEATURES, CLASSES, BATCH, STEPS = 10, 4, 32, 12


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    centers = rng.normal(size=(CLASSES, FEATURES)) * 2
    labels = rng.integers(0, CLASSES, BATCH * STEPS)
    return (centers[labels] + rng.normal(size=(labels.size, FEATURES))).astype("float32"), labels


def network() -> nn.Module:
    return nn.Sequential(
        nn.Linear(FEATURES, 16),
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.LayerNorm(16),
        nn.Linear(16, CLASSES),
    )


class Training:
    """A model, its optimizer and schedule, and what a step does with them."""

    def __init__(self, where: str, build: Callable[[], nn.Module] = network) -> None:
        engine.manual_seed(11)
        self.model = build().to(where)
        self.optimizer = engine.optim.AdamW(self.model.parameters(), lr=0.01)
        self.schedule = engine.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, STEPS)
        self.loss = nn.CrossEntropyLoss(label_smoothing=0.05)
        samples, labels = data()
        self.samples, self.labels = engine.tensor(samples, device=where), engine.tensor(labels, device=where)

    def step(self, number: int) -> Any:
        """The loss of one batch, not read."""
        rows = slice(number * BATCH, (number + 1) * BATCH)
        self.optimizer.zero_grad()
        loss = self.loss(self.model(self.samples[rows]), self.labels[rows])
        loss.backward()
        clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        return loss.detach()


def test_learns_as_on_the_cpu(cuda: str, nobody_waits: Forbidding) -> None:
    host, there = Training("cpu"), Training(cuda)
    expected, found = [], []
    engine.manual_seed(12)
    for number in range(STEPS):
        expected.append(host.step(number).item())
    engine.manual_seed(12)
    for number in range(STEPS):
        with nobody_waits():
            loss = there.step(number)
        found.append(loss.item())
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    assert expected[-1] < 0.7 * expected[0]
    there.model.eval()
    host.model.eval()
    with nobody_waits(), engine.no_grad():
        answer = there.model(there.samples)
    np.testing.assert_allclose(answer.cpu().numpy(), host.model(host.samples).detach().numpy(), rtol=1e-2, atol=1e-3)


def pictures() -> nn.Module:
    """A convolutional network with every kind of normalisation."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 5, 2)),
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 8, 3, padding=1, groups=2),
        nn.GroupNorm(2, 8),
        nn.SiLU(),
        nn.MaxPool2d(2, 1),
        nn.InstanceNorm2d(8, affine=True, track_running_stats=True),
        nn.LocalResponseNorm(2),
        nn.Dropout2d(0.1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.LayerNorm(8),
        nn.RMSNorm(8),
        nn.Linear(8, CLASSES),
    )


def sentences() -> nn.Module:
    """A transformer over the features, one a word."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, 0.1, batch_first=True)
    return nn.Sequential(
        nn.Unflatten(1, (FEATURES, 1)),
        nn.Linear(1, 8),
        nn.TransformerEncoder(layer, 2),
        nn.Flatten(),
        nn.Linear(8 * FEATURES, CLASSES),
    )


class Remembering(nn.Module):
    """A recurrent network over the features, one a step."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.LSTM(1, 8, 2, batch_first=True, dropout=0.1), nn.Linear(8, CLASSES)

    def forward(self, x: Any) -> Any:
        return self.head(self.body(x.unsqueeze(-1))[0][:, -1])


@pytest.mark.parametrize("build", [network, pictures, sentences, Remembering], ids=lambda build: build.__name__)
def test_the_host_waits_once_a_step_and_sends_little(build: Callable[[], nn.Module], cuda: str) -> None:
    """A loop that prints its loss waits for the loss alone; a step sends the random generator's keys alone."""
    counting = pytest.importorskip("cupy._transfers", reason="only the double counts")
    training = Training(cuda, build)
    training.step(0)
    with counting.counted() as log:
        training.step(1).item()
    assert [each.what for each in log.to_host] == ["get()"], f"the host waits: {log.to_host}"
    sent = [each for each in log.to_device if "philox.py" not in each.place]
    assert not sent, f"the host sends: {sent}"


def test_a_second_order_step(cuda: str, nobody_waits: Forbidding) -> None:
    """A penalty on gradients, as in WGAN-GP."""
    found = []
    for where in ("cpu", cuda):
        engine.manual_seed(4)
        critic = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 1)).to(where)
        x = engine.rand(6, 5).to(where).requires_grad_()
        if where == "cpu":
            _penalize(critic, x)
        else:
            with nobody_waits():
                _penalize(critic, x)
        found.append([each.grad.cpu().numpy() for each in critic.parameters() if each.grad is not None])
    for ours, right in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(ours, right, rtol=1e-4, atol=1e-6)


def _penalize(critic: nn.Module, x: Any) -> None:
    (slopes,) = engine.autograd.grad(critic(x).sum(), x, create_graph=True)
    ((slopes.norm(2, dim=1) - 1) ** 2).mean().backward()


def test_arrays_stay_cupys(cuda: str) -> None:
    training = Training(cuda)
    training.step(0)
    held = [each.array for each in training.model.state_dict().values()]
    held += [each.grad.array for each in training.model.parameters()]
    assert all(isinstance(each, cupy().ndarray) for each in held)
