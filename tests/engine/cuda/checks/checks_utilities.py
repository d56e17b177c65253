"""What stands around layers on a CUDA device: parametrizations, packed sequences, averages, checkpoints, files."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.autograd import functional as derivatives
from engine.nn.utils import parametrizations, rnn
from engine.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn
from engine.utils.checkpoint import checkpoint

Forbidding = Callable[[], AbstractContextManager[None]]


def assert_close(found: Any, right: Any) -> None:
    np.testing.assert_allclose(found.detach().cpu().numpy(), right.detach().numpy(), rtol=1e-4, atol=1e-5)


WRAPPED: dict[str, Callable[[], nn.Module]] = {
    "weight_norm": lambda: parametrizations.weight_norm(nn.Linear(6, 4)),
    "spectral_norm": lambda: parametrizations.spectral_norm(nn.Linear(6, 4)),
    "orthogonal by reflections": lambda: parametrizations.orthogonal(nn.Linear(6, 4), orthogonal_map="householder"),
    "orthogonal by a Cayley map": lambda: parametrizations.orthogonal(nn.Linear(6, 6), orthogonal_map="cayley"),
    "orthogonal by an exponential": lambda: parametrizations.orthogonal(nn.Linear(6, 6), orthogonal_map="matrix_exp"),
    "spectral_norm by a hook": lambda: nn.utils.spectral_norm(nn.Linear(6, 4)),
}
# They solve equations, or ask how often to square.
SOLVING = {"orthogonal by a Cayley map", "orthogonal by an exponential"}


@pytest.mark.parametrize("name", WRAPPED)
def test_parametrizations(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    engine.manual_seed(2)
    host = WRAPPED[name]()
    there = copy.deepcopy(host).to(cuda)
    x = engine.randn(5, 6)
    (host(x) ** 2).sum().backward()
    given = x.to(cuda)
    with nullcontext() if name in SOLVING else nobody_waits():
        found = there(given)
        (found**2).sum().backward()
    for ours, right in zip(there.parameters(), host.parameters(), strict=True):
        assert_close(ours.grad, right.grad)


def test_packed_sequences(cuda: str) -> None:
    engine.manual_seed(2)
    host = nn.GRU(3, 4, 2, bidirectional=True)
    there = copy.deepcopy(host).to(cuda)
    sequences = [engine.randn(length, 3) for length in (4, 2, 5)]
    found = []
    for where, net in (("cpu", host), (cuda, there)):
        packed = rnn.pack_sequence([each.to(where) for each in sequences], enforce_sorted=False)
        output, last = net(packed)
        padded, lengths = rnn.pad_packed_sequence(output)
        (padded**2).sum().backward()
        assert lengths.tolist() == [4, 2, 5]
        found.append((padded, last, *(each.grad for each in net.parameters())))
    for ours, right in zip(found[1], found[0], strict=True):
        assert str(ours.device) == cuda
        assert_close(ours, right)


def test_averages(cuda: str, nobody_waits: Forbidding) -> None:
    found = []
    for where in ("cpu", cuda):
        engine.manual_seed(2)
        net = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).to(where)
        mean = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
        batches = [engine.randn(8, 4).to(where) for _ in range(3)]
        with nullcontext() if where == "cpu" else nobody_waits():
            for batch in batches:
                net(batch)
                mean.update_parameters(net)
        update_bn(batches, mean)
        found.append(list(mean.state_dict().values()))
    for ours, right in zip(found[1], found[0], strict=True):
        assert_close(ours, right)


def test_recomputation(cuda: str, nobody_waits: Forbidding) -> None:
    found = []
    for where in ("cpu", cuda):
        engine.manual_seed(2)
        net = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Tanh()).to(where)
        x = engine.randn(5, 4).to(where).requires_grad_()
        with nullcontext() if where == "cpu" else nobody_waits():
            checkpoint(net, x, use_reentrant=False).sum().backward()
        found.append(x.grad)
    assert_close(found[1], found[0])


def test_derivatives_of_functions(cuda: str) -> None:
    x = engine.randn(4, dtype=engine.float64)

    def function(x: Any) -> Any:
        return (x.sin() * x.roll(1, 0)).cumsum(0)

    for derive in (derivatives.jacobian, lambda f, x: derivatives.hessian(lambda x: f(x).sum(), x)):
        found = derive(function, x.to(cuda))
        assert str(found.device) == cuda
        assert_close(found, derive(function, x))
    assert engine.autograd.gradcheck(function, (x.to(cuda).requires_grad_(),))


def test_files(cuda: str) -> None:
    state = {"weight": engine.randn(3, 4).t(), "half": engine.randn(3).bfloat16(), "count": engine.tensor(3)}
    there = {name: each.to(cuda) for name, each in state.items()}
    file = io.BytesIO()
    engine.save(there, file)
    for where, kept in ((None, cuda), ("cpu", "cpu"), (cuda, cuda)):
        file.seek(0)
        loaded = engine.load(file, map_location=where)
        for name, right in state.items():
            assert (str(loaded[name].device), loaded[name].dtype) == (kept, right.dtype)
            assert_close(loaded[name].float(), right.float())


def test_copies(cuda: str) -> None:
    there = engine.randn(3, device=cuda, requires_grad=True)
    other = copy.deepcopy(there)
    assert str(other.device) == cuda
    assert other.requires_grad
    with engine.no_grad():
        other.zero_()
    assert there.abs().sum().item() > 0
