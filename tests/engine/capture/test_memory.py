"""Compiled steps take no more memory the longer they run, hold nobody's tensors, and give back what they took."""

from __future__ import annotations

import contextlib
import gc
import sys
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn, optim
from engine.backend.memory import resident_bytes
from engine.capture.recording import Recording
from engine.capture.surroundings import Surroundings, Watch
from engine.nn import functional
from engine.testing.plans import plan_of

MEGABYTE = 1 << 20


class Training:
    """A small model and its optimizer."""

    def __init__(self, width: int = 16) -> None:
        self.model = nn.Sequential(nn.Linear(6, width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(width, 3))
        self.optimizer = optim.Adam(self.model.parameters(), lr=1e-3)

    def step(self, x: Any, y: Any) -> Any:
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.detach()


def batch(rows: int = 8) -> tuple[Any, Any]:
    return engine.randn(rows, 6), engine.randint(0, 3, (rows,))


def living(*kinds: type) -> int:
    """How many objects of these kinds there are."""
    gc.collect()
    return sum(type(each) in kinds for each in gc.get_objects())


@pytest.fixture(autouse=True)
def uncollected() -> Iterator[None]:
    """Nothing waits for the collector of garbage: what nobody holds is gone at once."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    ("compiled", "steps"),
    [
        (True, 1_000),
        (False, 500),
        pytest.param(True, 10_000, marks=pytest.mark.slow),
        pytest.param(False, 2_000, marks=pytest.mark.slow),
    ],
)
def test_steps_leave_nothing_behind(compiled: bool, steps: int) -> None:
    training = Training()
    step: Any = engine.compile(training.step) if compiled else training.step
    batches = [batch() for _ in range(50)]

    def run(count: int) -> tuple[int, int, int]:
        for number in range(count):
            step(*batches[number % 50])
        # It also empties the lists in which Python keeps small objects for the next ones.
        garbage = gc.collect()
        return garbage, resident_bytes(), sys.getallocatedblocks()

    run(300)
    _, resident, blocks = run(1)
    garbage, resident_after, blocks_after = run(steps)
    assert garbage == 0
    assert blocks_after - blocks < 100
    assert resident_after - resident < MEGABYTE
    if compiled:
        assert step.replays > steps


def test_kinds_of_arguments_that_come_and_go_leave_nothing_behind() -> None:
    training = Training()
    step = engine.compile(training.step)
    seen = []
    for number in range(240):
        step(*batch(2 + number % 20))
        if number % 80 == 79:
            seen.append(living(Recording))
    assert seen[0] == seen[1] == seen[2] < 40, seen


def test_what_is_dropped_gives_its_memory_back() -> None:
    weight = nn.Parameter(engine.randn(600, 1000))

    def step(x: Any) -> Any:
        weight.grad = None
        y = (x @ weight).tanh()
        (y * y).mean().backward()

    x = engine.randn(1500, 600)
    tracemalloc.start()
    try:
        recorded = engine.compile(step)
        for _ in range(3):
            recorded(x)
        plan = plan_of(recorded)
        size, gone = plan.size, weakref.ref(plan)
        assert size > 10 * MEGABYTE
        del plan
        weight.grad = None
        before = tracemalloc.get_traced_memory()[0]
        del recorded
        assert gone() is None
        assert before - tracemalloc.get_traced_memory()[0] > 0.98 * size
    finally:
        tracemalloc.stop()


def test_plans_one_after_the_other_take_the_memory_of_one() -> None:
    def use_one() -> int:
        recorded = engine.compile(lambda x: (x.tanh() @ x.t()).exp().sum())
        x = engine.rand(1500, 500) * 1e-2
        for _ in range(3):
            recorded(x)
        return int(plan_of(recorded).size)

    size = use_one()
    use_one()
    before = resident_bytes()
    for _ in range(5):
        use_one()
    assert size > 5 * MEGABYTE
    assert resident_bytes() - before < size


def test_arguments_and_results_belong_to_the_caller() -> None:
    weight = nn.Parameter(engine.randn(300, 200))

    @engine.compile
    def step(x: Any, small: Any) -> Any:
        weight.grad = None
        y = (x[1:] @ weight * small).tanh()
        (y * y).mean().backward()
        return y.detach()

    for _ in range(4):
        given = engine.randn(400, 300), engine.randn(200)
        result = step(*given)
        tensors = dict(zip(("the batch", "the vector", "the result"), (*given, result), strict=True))
        held = {name: weakref.ref(each.array) for name, each in tensors.items()}
        del given, result, tensors
        assert [name for name, each in held.items() if each() is not None] == []
    assert step.replays == 2


def reads_a_value(x: Any) -> Any:
    return x * 2 if float(x.sum()) > 0 else x * 3


def raises(x: Any) -> Any:
    raise KeyError("in the middle")


@pytest.mark.filterwarnings("ignore:.*runs without its recording")
@pytest.mark.parametrize("function", [reads_a_value, raises])
def test_a_refused_recording_leaves_nothing(function: Callable[..., Any]) -> None:
    before = living(Watch, Surroundings)
    recorded = engine.compile(function)
    x = engine.tensor(np.ones(50))
    held = weakref.ref(x), weakref.ref(x.array)
    for _ in range(3):
        with contextlib.suppress(KeyError):
            recorded(x)
    del x
    assert living(Watch, Surroundings) == before
    assert [each() for each in held] == [None, None]
    assert sys.getprofile() is None


@pytest.mark.parametrize("function", [reads_a_value, raises])
@pytest.mark.filterwarnings("ignore:.*runs without its recording")
def test_recording_leaves_the_garbage_collector_as_it_was(function: Callable[..., Any]) -> None:
    for switch in (gc.enable, gc.disable):
        switch()
        before = gc.isenabled()
        with contextlib.suppress(KeyError):
            engine.compile(function)(engine.ones(3))
        assert gc.isenabled() == before
