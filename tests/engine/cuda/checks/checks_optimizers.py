"""Every optimizer and averaged models on a CUDA device: as on the CPU, there and back."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "NAdam": lambda members: engine.optim.NAdam(members, weight_decay=0.1),
    "RAdam": lambda members: engine.optim.RAdam(members, betas=(0.5, 0.8)),
    "Adamax": lambda members: engine.optim.Adamax(members),
    "Adagrad": lambda members: engine.optim.Adagrad(members, lr_decay=0.1, initial_accumulator_value=0.1),
    "Adadelta": lambda members: engine.optim.Adadelta(members),
    "RMSprop": lambda members: engine.optim.RMSprop(members, momentum=0.9, centered=True),
    "ASGD": lambda members: engine.optim.ASGD(members, t0=1, lambd=0.1),
    "Rprop": lambda members: engine.optim.Rprop(members),
    "Lion": lambda members: engine.optim.Lion(members, lr=0.01, weight_decay=0.1),
    "Muon": lambda members: engine.optim.Muon(members, lr=0.01),
    "LBFGS": lambda members: engine.optim.LBFGS(members, lr=0.1, max_iter=3),
    "LBFGS with a search": lambda members: engine.optim.LBFGS(members, max_iter=2, line_search_fn="strong_wolfe"),
}
each_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())


def matrices(where: str) -> list[Any]:
    random = np.random.default_rng(0)
    values = [random.normal(size=shape).astype("float32") for shape in ((4, 3), (3, 2))]
    return [engine.tensor(value, device=where).requires_grad_() for value in values]


def stepped(members: list[Any], optimizer: Any, steps: int) -> None:
    def closure() -> Any:
        optimizer.zero_grad()
        loss = ((members[0] @ members[1] - 1) ** 2).sum() + (members[0] ** 4).sum()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)


def check(ours: list[Any], right: list[Any]) -> None:
    for one, other in zip(ours, right, strict=True):
        np.testing.assert_allclose(one.detach().cpu().numpy(), other.detach().numpy(), rtol=2e-3, atol=2e-4)


@each_optimizer
def test_steps_are_the_cpus(make: Callable[[Any], Any], cuda: str) -> None:
    host, there = matrices("cpu"), matrices(cuda)
    stepped(host, make(host), 3)
    stepped(there, make(there), 3)
    assert {str(member.device) for member in there} == {cuda}
    check(there, host)


@each_optimizer
def test_a_state_goes_to_another_device(make: Callable[[Any], Any], cuda: str) -> None:
    """Two steps on the CPU and one on the GPU are three on the CPU."""
    host, there = matrices("cpu"), matrices(cuda)
    before, after = make(host), make(there)
    stepped(host, before, 2)
    with engine.no_grad():
        for member, value in zip(there, host, strict=True):
            member.copy_(value)
    after.load_state_dict(before.state_dict())
    stepped(host, before, 1)
    stepped(there, after, 1)
    check(there, host)


def test_averages(cuda: str) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    there = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).to(cuda)
    there.load_state_dict(model.state_dict())
    host, averaged, moved = (
        engine.optim.swa_utils.AveragedModel(each, **place)
        for each, place in ((model, {}), (there, {}), (model, {"device": cuda}))
    )
    for step in range(3):
        with engine.no_grad():
            for member in (*model.parameters(), *there.parameters()):
                member.add_(step)
        host.update_parameters(model)
        averaged.update_parameters(there)
        moved.update_parameters(model)
    for each in (averaged, moved):
        assert {str(value.device) for value in each.module.state_dict().values()} == {cuda}
        for key, right in host.state_dict().items():
            np.testing.assert_allclose(each.state_dict()[key].cpu().numpy(), right.numpy(), rtol=1e-5)
    batches = [engine.tensor(np.random.default_rng(1).normal(size=(6, 3)).astype("float32"))]
    engine.optim.swa_utils.update_bn(batches, host)
    engine.optim.swa_utils.update_bn(batches, moved, device=cuda)
    np.testing.assert_allclose(
        moved.module[1].running_mean.cpu().numpy(), host.module[1].running_mean.numpy(), rtol=1e-4, atol=1e-6
    )
