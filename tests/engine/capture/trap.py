"""A small training whose steps run beside those of a twin: one as it is, one compiled."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import engine
from engine import nn, optim
from engine.nn import functional


class Trap:
    """A small model with its optimizer, and three batches."""

    def __init__(self, layers: Callable[[], tuple[Any, ...]] | None = None, optimizer: Any = optim.Adam) -> None:
        engine.manual_seed(3)
        self.model = nn.Sequential(*(layers() if layers else (nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4))))
        self.optimizer = optimizer(self.model.parameters(), lr=0.05)
        rng = np.random.default_rng(5)
        self.inputs = [engine.tensor(rng.standard_normal((5, 6)).astype(np.float32)) for _ in range(3)]
        self.targets = [engine.tensor(rng.integers(0, 4, 5)) for _ in range(3)]
        self.flag = False
        self.seen: list[Any] = []
        self.count = 0
        # So that each twin draws the same numbers.
        self.generator = engine.get_rng_state()

    def loss(self, x: Any, y: Any) -> Any:
        return functional.cross_entropy(self.model(x), y)

    def step(self, x: Any, y: Any) -> Any:
        self.optimizer.zero_grad()
        loss = self.loss(x, y)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def between(self, number: int) -> None:
        """What happens before a step."""

    def state(self) -> list[np.ndarray]:
        tensors = [*self.model.state_dict().values(), *(each.grad for each in self.model.parameters())]
        return [np.array(each.array) for each in tensors if each is not None]


def run(make: Callable[[], Trap], compiled: bool, steps: int = 8) -> tuple[list[Any], list[str], Any]:
    """What a trap gives step by step, the warnings, and its step."""
    trap = make()
    step = engine.compile(trap.step) if compiled else trap.step
    found: list[Any] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for number in range(steps):
            trap.between(number)
            engine.set_rng_state(trap.generator)
            try:
                result = step(trap.inputs[number % 3], trap.targets[number % 3])
            except (IndexError, RuntimeError) as error:
                result = type(error)
            trap.generator = engine.get_rng_state()
            arrays = [np.array(each.array) for each in result] if isinstance(result, tuple) else result
            found.append((getattr(arrays, "array", arrays), trap.state(), trap.count, len(trap.seen)))
    return found, [str(each.message) for each in caught], step


def assert_twins(make: Callable[[], Trap], steps: int = 8) -> tuple[list[str], Any]:
    eager, _, _ = run(make, compiled=False, steps=steps)
    replayed, told, step = run(make, compiled=True, steps=steps)
    for number, (mine, right) in enumerate(zip(replayed, eager, strict=True)):
        np.testing.assert_equal(mine, right, err_msg=f"step {number}")
    return told, step


def assert_replayed(make: Callable[[], Trap], least: int = 3) -> None:
    """Equal, without a warning, and not by running the function."""
    told, step = assert_twins(make)
    assert told == []
    assert step.replays >= least


def assert_warned(make: Callable[[], Trap], *words: str) -> None:
    """Equal, by running the function, after one warning that says why and where."""
    told, step = assert_twins(make)
    assert len(told) == 1
    assert "runs without its recording" in told[0]
    assert all(word in told[0] for word in words), told[0]
    assert step.replays == 0 or step.reason is not None
