"""Traps for a recording in what happens to tensors: each gives what the function gives by itself, or a warning and so.

Each trap is made twice from one seed and runs step by step beside its twin, of which one is compiled: what they return,
their parameters, their buffers and their Python must stay equal.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn, optim
from engine.nn import functional
from tests.engine.capture.trap import Trap, assert_replayed, assert_warned


def test_nothing_is_amiss() -> None:
    assert_replayed(Trap, 6)


def test_a_learning_rate_that_changes() -> None:
    class Changing(Trap):
        def between(self, number: int) -> None:
            self.optimizer.param_groups[0]["lr"] = 0.1 / (number + 1)

    assert_replayed(Changing, 6)


def test_a_scheduler_beside_the_step() -> None:
    class Scheduled(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.scheduler = optim.lr_scheduler.OneCycleLR(self.optimizer, 0.2, total_steps=20)

        def between(self, number: int) -> None:
            if number:
                self.scheduler.step()

    assert_replayed(Scheduled, 5)


def test_a_scheduler_inside_the_step() -> None:
    class Scheduled(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.scheduler = optim.lr_scheduler.StepLR(self.optimizer, 2)

        def step(self, x: Any, y: Any) -> Any:
            result = super().step(x, y)
            self.scheduler.step()
            return result

    assert_warned(Scheduled)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW, optim.RAdam, optim.NAdam, optim.RMSprop])
def test_the_step_number_of_an_optimizer(kind: Any) -> None:
    assert_replayed(lambda: Trap(optimizer=kind), 6)


def test_requires_grad_turned_off() -> None:
    class Freezing(Trap):
        def between(self, number: int) -> None:
            if number == 4:
                self.model[0].requires_grad_(False)

    assert_replayed(Freezing)


def test_a_replaced_data() -> None:
    class Replacing(Trap):
        def between(self, number: int) -> None:
            if number in (3, 5):
                weight = self.model[0].weight
                weight.data = weight.data * 0.5

    assert_replayed(Replacing)


def test_a_replaced_parameter() -> None:
    class Replacing(Trap):
        def between(self, number: int) -> None:
            if number == 4:
                self.model[2].bias = nn.Parameter(engine.full((4,), 0.25))

    assert_replayed(Replacing)


def test_an_added_parameter_group() -> None:
    class Growing(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.temperature = engine.ones((), requires_grad=True)

        def loss(self, x: Any, y: Any) -> Any:
            return functional.cross_entropy(self.model(x) * self.temperature, y)

        def between(self, number: int) -> None:
            if number == 4:
                self.optimizer.add_param_group({"params": [self.temperature], "lr": 0.5})

    assert_replayed(Growing)


def test_a_loaded_state_dict() -> None:
    class Loading(Trap):
        def between(self, number: int) -> None:
            if number == 2:
                self.kept = [
                    {name: np.array(each.array) for name, each in self.model.state_dict().items()},
                    self.optimizer.state_dict(),
                ]
            if number == 5:
                self.model.load_state_dict({name: engine.tensor(each) for name, each in self.kept[0].items()})
                self.optimizer.load_state_dict(self.kept[1])

    assert_replayed(Loading)


def test_returned_losses_kept_in_a_list() -> None:
    trap = Trap()
    twin = Trap()
    step = engine.compile(trap.step)
    kept = [step(trap.inputs[number % 3], trap.targets[number % 3]) for number in range(6)]
    right = [twin.step(twin.inputs[number % 3], twin.targets[number % 3]) for number in range(6)]
    assert [each.item() for each in kept] == [each.item() for each in right]


def test_gradients_kept_in_a_list() -> None:
    trap, twin = Trap(), Trap()
    step = engine.compile(trap.step)
    mine, right = [], []
    for number in range(6):
        step(trap.inputs[number % 3], trap.targets[number % 3])
        twin.step(twin.inputs[number % 3], twin.targets[number % 3])
        # The tensor, an array over it, and a part of that.
        weights = trap.model[0].weight.grad, twin.model[0].weight.grad
        mine.append((weights[0], weights[0].numpy(), weights[0].numpy()[1:3], trap.model[2].bias.grad[:2]))
        right.append((weights[1], weights[1].numpy(), weights[1].numpy()[1:3], twin.model[2].bias.grad[:2]))
    assert step.replays >= 3
    for ours, theirs in zip(mine, right, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(np.array(one), np.array(other))


def test_a_branch_on_a_value() -> None:
    class Branching(Trap):
        def loss(self, x: Any, y: Any) -> Any:
            loss = super().loss(x, y)
            return loss * 2 if loss > 1.2 else loss

    assert_warned(Branching, "test_traps.py")


def test_a_mask_as_index() -> None:
    class Masking(Trap):
        def loss(self, x: Any, y: Any) -> Any:
            known = y != 1
            return functional.cross_entropy(self.model(x)[known], y[known])

    assert_warned(Masking, "test_traps.py")


def test_a_short_batch() -> None:
    class Short(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.inputs[2], self.targets[2] = self.inputs[2][:2], self.targets[2][:2]

    assert_replayed(Short, 2)


def test_train_and_eval_alternating() -> None:
    class Alternating(Trap):
        def __init__(self) -> None:
            super().__init__(lambda: (nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 4)))

        def between(self, number: int) -> None:
            self.model.train(number % 2 == 0)

    assert_replayed(Alternating)


def test_dropout_and_running_statistics() -> None:
    def layers() -> tuple[Any, ...]:
        return nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 4)

    assert_replayed(lambda: Trap(layers), 6)


def test_accumulation() -> None:
    class Accumulating(Trap):
        def step(self, x: Any, y: Any) -> Any:
            self.optimizer.zero_grad()
            (self.loss(x[:2], y[:2]) * 0.4).backward()
            loss = self.loss(x[2:], y[2:]) * 0.6
            loss.backward()
            self.optimizer.step()
            return loss.detach()

    assert_replayed(Accumulating, 6)


def test_accumulation_over_steps() -> None:
    class Accumulating(Trap):
        def step(self, x: Any, y: Any) -> Any:
            loss = self.loss(x, y)
            loss.backward()
            return loss.detach()

        def between(self, number: int) -> None:
            if number % 3 == 0:
                self.optimizer.step()
                self.optimizer.zero_grad()

    assert_replayed(Accumulating)


def test_two_models_in_one_step() -> None:
    class Adversaries(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.other = nn.Linear(6, 6)
            self.second = optim.SGD(self.other.parameters(), lr=0.1, momentum=0.9)

        def step(self, x: Any, y: Any) -> Any:
            changed = self.other(x)
            self.optimizer.zero_grad()
            first = self.loss(changed.detach(), y)
            first.backward()
            self.optimizer.step()
            self.second.zero_grad()
            second = -self.loss(changed, y)
            second.backward()
            self.second.step()
            return first.detach(), second.detach()

        def state(self) -> list[np.ndarray]:
            return super().state() + [np.array(each.array) for each in self.other.parameters()]

    assert_replayed(Adversaries, 5)


def test_clipping_and_an_average_of_weights() -> None:
    class Averaging(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.average = [each.detach().clone() for each in self.model.parameters()]

        def step(self, x: Any, y: Any) -> Any:
            self.optimizer.zero_grad()
            loss = self.loss(x, y)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
            self.optimizer.step()
            with engine.no_grad():
                for mean, each in zip(self.average, self.model.parameters(), strict=True):
                    mean.mul_(0.9).add_(each, alpha=0.1)
            return loss.detach(), norm.detach()

        def state(self) -> list[np.ndarray]:
            return super().state() + [np.array(each.array) for each in self.average]

    assert_replayed(Averaging, 5)


def test_an_exception_in_the_middle() -> None:
    class Failing(Trap):
        def between(self, number: int) -> None:
            self.targets[1] = engine.tensor([0, 1, 2, 3, 9 if number == 4 else 1])

    assert_replayed(Failing, 5)


def test_a_loss_that_is_not_a_number() -> None:
    class Diverging(Trap):
        def between(self, number: int) -> None:
            if number == 4:
                self.inputs[1] = self.inputs[1] * float("nan")

    assert_replayed(Diverging, 5)


def test_threads() -> None:
    trap = Trap()
    step = engine.compile(lambda x: (trap.model(x).detach() * 2).sum(1))
    rights = [(trap.model(x).detach() * 2).sum(1).numpy() for x in trap.inputs]
    wrong: list[int] = []

    def work() -> None:
        for number in range(60):
            found = step(trap.inputs[number % 3]).numpy()
            if not np.array_equal(found, rights[number % 3]):
                wrong.append(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []
    assert step.replays > 100


def test_nested_compile() -> None:
    class Nested(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.inner = engine.compile(lambda x: self.model(x) * 2)

        def loss(self, x: Any, y: Any) -> Any:
            return functional.cross_entropy(self.inner(x), y)

    assert_replayed(Nested, 6)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_gradient_of_ones_that_is_changed_between_steps(shape: tuple[int, ...]) -> None:
    weight = nn.Parameter(engine.zeros(shape))

    def step() -> None:
        weight.grad = None
        (weight + 0).backward(engine.ones_like(weight.detach()))

    recorded = engine.compile(step)
    for _ in range(6):
        recorded()
        np.testing.assert_array_equal(weight.grad.array, np.ones(shape))
        weight.grad.mul_(0.5)
    assert recorded.replays >= 3
