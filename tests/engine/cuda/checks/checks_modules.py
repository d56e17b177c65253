"""Modules and optimizers on a CUDA device: moved, saved, loaded and stepped as on the CPU."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn

Forbidding = Callable[[], AbstractContextManager[None]]

LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "Linear": (lambda: nn.Linear(6, 4), (5, 6)),
    "LayerNorm": (lambda: nn.LayerNorm(6), (5, 6)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(6), (5, 6)),
    "BatchNorm2d, a running mean of all": (lambda: nn.BatchNorm2d(3, momentum=None), (2, 3, 4, 4)),
    "MaxPool2d with windows that overlap": (lambda: nn.MaxPool2d(3, stride=1, padding=1), (2, 3, 5, 5)),
    "Dropout": (lambda: nn.Dropout(0.3), (5, 6)),
    "PReLU": (lambda: nn.PReLU(6), (5, 6)),
    "GELU": (nn.GELU, (5, 6)),
    "GLU": (nn.GLU, (5, 6)),
    "LogSoftmax": (lambda: nn.LogSoftmax(1), (5, 6)),
    "Sequential": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 3), nn.Tanh()), (5, 3, 4)),
}
# Its factor is one over the number of batches, which is in a buffer.
READS_A_COUNT = "BatchNorm2d, a running mean of all"


def batch(*shape: int) -> Any:
    return engine.tensor(np.random.default_rng(1).normal(size=shape).astype("float32"))


def assert_close(found: Any, right: Any) -> None:
    np.testing.assert_allclose(found.detach().cpu().numpy(), right.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    build, shape = LAYERS[name]
    host = build()
    there = copy.deepcopy(host).to(cuda)
    here_input, there_input = batch(*shape).requires_grad_(), batch(*shape).to(cuda).requires_grad_()
    engine.manual_seed(5)
    expected = host(here_input)
    expected.sum().backward()
    engine.manual_seed(5)
    if name == READS_A_COUNT:
        found = there(there_input)
    else:
        with nobody_waits():
            found = there(there_input)
    with nobody_waits():
        found.sum().backward()
    assert str(found.device) == cuda
    assert_close(found, expected)
    assert_close(there_input.grad, here_input.grad)
    for ours, right in zip(there.parameters(), host.parameters(), strict=True):
        assert str(ours.grad.device) == cuda
        assert_close(ours.grad, right.grad)
    for ours, right in zip(there.buffers(), host.buffers(), strict=True):
        assert str(ours.device) == cuda
        assert_close(ours, right)


def model() -> nn.Sequential:
    engine.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))


def test_a_module_moves_in_place(cuda: str) -> None:
    net = model()
    weight = net[0].weight
    assert net.to(cuda) is net
    assert net[0].weight is weight
    assert {str(each.device) for each in (*net.parameters(), *net.buffers())} == {cuda}
    assert isinstance(weight, nn.Parameter)
    net(batch(4, 6).to(cuda)).sum().backward()
    net.cpu()
    assert {each.device.type for each in (*net.parameters(), *net.buffers())} == {"cpu"}
    assert weight.grad.device.type == "cpu"


def test_state_goes_there_and_back(cuda: str) -> None:
    host, there = model(), model().to(cuda)
    with engine.no_grad():
        for each in host.parameters():
            each.add_(1)
    there.load_state_dict(host.state_dict())
    assert {str(each.device) for each in there.state_dict().values()} == {cuda}
    fresh = model()
    fresh.load_state_dict(there.state_dict())
    for key, right in host.state_dict().items():
        np.testing.assert_array_equal(fresh.state_dict()[key].numpy(), right.numpy())


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda parameters: engine.optim.SGD(parameters, lr=0.1),
    "SGD with momentum": lambda parameters: engine.optim.SGD(
        parameters, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01
    ),
    "Adam": lambda parameters: engine.optim.Adam(parameters, lr=0.01, amsgrad=True),
    "AdamW": lambda parameters: engine.optim.AdamW(parameters, lr=0.01, weight_decay=0.1),
}


def stepped(net: nn.Module, optimizer: Any, where: str, steps: int) -> None:
    for number in range(steps):
        optimizer.zero_grad()
        (net(batch(4, 6).to(where) + number) ** 2).mean().backward()
        optimizer.step()


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_optimizers(make: Callable[[Any], Any], cuda: str) -> None:
    host, there = model(), model().to(cuda)
    for net, where in ((host, "cpu"), (there, cuda)):
        engine.manual_seed(7)
        stepped(net, make(net.parameters()), where, 4)
    for ours, right in zip(there.parameters(), host.parameters(), strict=True):
        assert str(ours.device) == cuda
        np.testing.assert_allclose(ours.detach().cpu().numpy(), right.detach().numpy(), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_an_optimizers_state_goes_to_another_device(make: Callable[[Any], Any], cuda: str) -> None:
    """Two steps on the CPU and two on the GPU are four on the CPU."""
    through, moved = model(), model()
    engine.manual_seed(7)
    stepped(through, make(through.parameters()), "cpu", 4)
    engine.manual_seed(7)
    before = make(moved.parameters())
    stepped(moved, before, "cpu", 2)
    moved.to(cuda)
    after = make(moved.parameters())
    after.load_state_dict(before.state_dict())
    for number in (2, 3):
        after.zero_grad()
        (moved(batch(4, 6).to(cuda) + number) ** 2).mean().backward()
        after.step()
    for state in after.state.values():
        for name, value in state.items():
            assert name == "step" or value is None or str(value.device) == cuda
    for ours, right in zip(moved.parameters(), through.parameters(), strict=True):
        np.testing.assert_allclose(ours.detach().cpu().numpy(), right.detach().numpy(), rtol=2e-4, atol=2e-5)
