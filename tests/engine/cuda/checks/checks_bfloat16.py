"""bfloat16 on a CUDA device, where CuPy casts and moves it and little more: the CPU's bits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn

Forbidding = Callable[[], AbstractContextManager[None]]


def numbers() -> Any:
    return engine.tensor(np.random.default_rng(3).normal(size=(4, 6)).astype("float32")).bfloat16()


def _written(x: Any) -> Any:
    made = x.clone()
    made[1:3] = 1.5
    made[:, engine.tensor([0, 2], device=x.device)] = made[:, 3:5]
    made.add_(1).mul_(x)
    made.index_add_(0, engine.tensor([1, 1], device=x.device), x[:2])
    made.index_put_((engine.tensor([0, 0], device=x.device),), x[1:3], accumulate=True)
    return made.scatter_add_(1, (x > 0).long(), x)


CALLS: dict[str, Callable[[Any], Any]] = {
    "made": lambda x: x.new_full((3,), 0.1) + engine.arange(3, dtype=engine.bfloat16, device=x.device),
    "converted": lambda x: (x.double().bfloat16() + x.long().bfloat16()).half().bfloat16(),
    "arithmetic": lambda x: x * 0.1 + x / 3 - x**2,
    "promotion": lambda x: x + x.double()[0],
    "functions": lambda x: x.exp() + x.sigmoid().log() + x.tanh() + x.erf(),
    "comparison": lambda x: (x > 0).logical_not() | x.bool(),
    "products": lambda x: x @ x.mT,
    "sums": lambda x: x.sum(0) + x.mean(0) + x.amax(0),
    "cumulative": lambda x: x.cumsum(1).cummax(1).values,
    "softmax": lambda x: x.softmax(1) + nn.functional.layer_norm(x, (6,)),
    "sorted": lambda x: x.sort(1).values + x.topk(6, 1).values,
    "distinct": lambda x: x.round().unique(),
    "found": lambda x: x.nonzero(),
    "chosen": lambda x: x[x > 0],
    "taken": lambda x: x[engine.tensor([3, 0, 0], device=x.device)].take_along_dim((x[:3] > 0).long(), 1),
    "joined": lambda x: engine.cat([x, x.flip(0)]).t().reshape(3, -1),
    "written": _written,
    "scattered": lambda x: x.scatter_add(1, (x > 0).long(), x).index_add(
        0, engine.tensor([1, 1], device=x.device), x[:2]
    ),
    "drawn": lambda x: engine.zeros_like(x).uniform_() + nn.functional.dropout(x, 0.5),
    "counted": lambda x: x.count_nonzero(0) + x.argmax(0),
    "quantile": lambda x: x.float().quantile(0.5).bfloat16() + x.median(),
}
# How many there are depends on values.
COUNTING = {"distinct", "found", "chosen"}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    found = []
    for where in ("cpu", cuda):
        x = numbers().to(where)
        engine.manual_seed(9)
        with nullcontext() if where == "cpu" or name in COUNTING else nobody_waits():
            found.append(CALLS[name](x))
    assert str(found[1].device) == cuda
    assert found[1].dtype is found[0].dtype
    np.testing.assert_array_equal(found[1].cpu().double().numpy(), found[0].double().numpy())


def trained(where: str, quiet: Callable[[], AbstractContextManager[None]]) -> list[np.ndarray]:
    """A small network after three steps."""
    engine.manual_seed(0)
    layers = (nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5))
    net = nn.Sequential(*layers).to(engine.bfloat16).to(where)
    x = engine.randn(4, 3, 8, 8).bfloat16().to(where)
    labels = engine.tensor([0, 3, 1, 4], device=where)
    optimizer = engine.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    with quiet():
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), labels).backward()
            optimizer.step()
    return [each.detach().cpu().float().numpy() for each in net.parameters()]


def test_a_network_learns(cuda: str, nobody_waits: Forbidding) -> None:
    for ours, right in zip(trained(cuda, nobody_waits), trained("cpu", nullcontext), strict=True):
        np.testing.assert_allclose(ours, right, rtol=2**-7, atol=2**-9)


def test_it_moves_there_and_back(cuda: str) -> None:
    host = numbers().t()
    there = host.to(cuda)
    assert there.stride() == host.stride()
    assert there.dtype is engine.bfloat16
    np.testing.assert_array_equal(there.cpu().float().numpy(), host.float().numpy())
    assert there.tolist() == host.tolist()
