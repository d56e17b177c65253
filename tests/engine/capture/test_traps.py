"""Traps for a recording: each gives what the function gives by itself, or a warning and that; never a stale value.

Each trap is made twice from one seed and runs step by step beside its twin, of which one is compiled: what they return,
their parameters, their buffers and their Python must stay equal.
"""

from __future__ import annotations

import random
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn, optim
from engine.nn import functional

Step = Callable[..., Any]
FACTOR = 1.0


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


def test_a_flag_on_self() -> None:
    class Flagged(Trap):
        def loss(self, x: Any, y: Any) -> Any:
            loss = super().loss(x, y)
            return loss * 2 if self.flag else loss

        def between(self, number: int) -> None:
            self.flag = number in (3, 4, 7)

    assert_replayed(Flagged)


def test_an_attribute_of_a_module() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = 1.0

        def forward(self, x: Any) -> Any:
            return x * self.scale

    class Scaling(Trap):
        def __init__(self) -> None:
            super().__init__(lambda: (nn.Linear(6, 4), Scaled()))

        def between(self, number: int) -> None:
            self.model[1].scale = 1.0 if number < 4 else 2.0

    assert_replayed(Scaling)


def test_a_probability_of_dropout_that_changes() -> None:
    class Softer(Trap):
        def __init__(self) -> None:
            super().__init__(lambda: (nn.Linear(6, 8), nn.Dropout(0.5), nn.Linear(8, 4)))

        def between(self, number: int) -> None:
            self.model[1].p = 0.5 if number < 4 else 0.1

    assert_replayed(Softer)


def helper(loss: Any) -> Any:
    return loss * FACTOR


def test_a_global_that_a_helper_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    class Helped(Trap):
        def loss(self, x: Any, y: Any) -> Any:
            return helper(super().loss(x, y))

        def between(self, number: int) -> None:
            monkeypatch.setitem(globals(), "FACTOR", 1.0 if number < 4 else 3.0)

    assert_replayed(Helped)


def test_a_closure_cell() -> None:
    weight = 1.0

    class Closed(Trap):
        def loss(self, x: Any, y: Any) -> Any:
            return super().loss(x, y) * weight

        def between(self, number: int) -> None:
            nonlocal weight
            weight = 1.0 if number < 4 else 0.25

    assert_replayed(Closed)


def test_an_item_of_a_configuration() -> None:
    class Configured(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.options = {"inner": {"weight": 1.0}}

        def loss(self, x: Any, y: Any) -> Any:
            return super().loss(x, y) * self.options["inner"]["weight"]

        def between(self, number: int) -> None:
            self.options["inner"]["weight"] = 1.0 if number < 4 else 0.5

    assert_replayed(Configured)


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


def test_a_list_that_the_step_appends_to() -> None:
    class Appending(Trap):
        def step(self, x: Any, y: Any) -> Any:
            result = super().step(x, y)
            self.seen.append(result)
            return result

    assert_warned(Appending, "seen")


def test_a_counter_that_the_step_moves() -> None:
    class Counting(Trap):
        def step(self, x: Any, y: Any) -> Any:
            self.count += 1
            return super().step(x, y)

    assert_warned(Counting, "count")


def test_a_hook_with_an_effect() -> None:
    class Hooked(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.model[0].register_forward_hook(lambda module, args, output: self.seen.append(1))

    assert_warned(Hooked, "seen")


def test_hooks_that_come_and_go() -> None:
    class Hooked(Trap):
        def between(self, number: int) -> None:
            if number == 3:
                self.handle = self.model[0].register_forward_hook(lambda module, args, output: output * 2)
                self.other = self.model[2].weight.register_hook(lambda gradient: gradient * 3)
            if number == 5:
                self.handle.remove()
                self.other.remove()

    assert_replayed(Hooked, 2)


def test_a_print(capsys: pytest.CaptureFixture[str]) -> None:
    class Printing(Trap):
        def step(self, x: Any, y: Any) -> Any:
            print("a step")
            return super().step(x, y)

    assert_warned(Printing, "print", "test_traps.py")
    assert capsys.readouterr().out.count("a step") == 16


def test_chance_from_python() -> None:
    class Random(Trap):
        def loss(self, x: Any, y: Any) -> Any:
            return super().loss(x, y) * self.random.random()

        def __init__(self) -> None:
            super().__init__()
            self.random = random.Random(3)

    assert_warned(Random)


def test_chance_from_numpy() -> None:
    class Random(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.random = np.random.default_rng(3)

        def loss(self, x: Any, y: Any) -> Any:
            return super().loss(x, y) * float(self.random.random())

    assert_warned(Random, "random")


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


def test_a_hidden_state_that_is_carried_on() -> None:
    class Carrying(Trap):
        def __init__(self) -> None:
            super().__init__(lambda: (nn.Linear(6, 6),))
            self.hidden = engine.zeros(5, 6)

        def loss(self, x: Any, y: Any) -> Any:
            out = self.model(x) + self.hidden
            self.hidden = out.detach() * 0.5
            return functional.cross_entropy(out, y)

    assert_warned(Carrying, "hidden")


def test_a_number_that_changes_each_time_is_given_up() -> None:
    class Changing(Trap):
        weight = 1.0

        def loss(self, x: Any, y: Any) -> Any:
            return super().loss(x, y) * self.weight

        def between(self, number: int) -> None:
            self.weight = 1 / (1 + number)

    told, step = assert_twins(Changing, steps=24)
    assert len(told) == 1
    assert "weight" in told[0]
    assert step.reason is not None


def test_arrays_that_are_not_tensors_are_not_taken_for_others() -> None:
    step = engine.compile(lambda array: engine.tensor(array).sum())
    with pytest.warns(RuntimeWarning, match="tensor()"):
        step(np.zeros(3, np.float32))
    for number in range(5):
        array = np.full(3, number, np.float32)
        assert step(array).item() == 3 * number
        array[0] = 7
        assert step(array).item() == 2 * number + 7
