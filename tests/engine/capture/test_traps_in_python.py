"""Traps for a recording in Python around tensors: each gives what the function gives by itself, or a warning and that.

Each trap is made twice from one seed and runs step by step beside its twin, of which one is compiled: what they return,
their parameters, their buffers and their Python must stay equal.
"""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.nn import functional
from tests.engine.capture.trap import Trap, assert_replayed, assert_twins, assert_warned

FACTOR = 1.0


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

    assert_warned(Printing, "print", "test_traps_in_python.py")
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


def test_an_attribute_that_the_class_has_until_the_object_does() -> None:
    class Counting:
        calls = 0

        def __call__(self, loss: Any) -> Any:
            self.calls += 1
            return loss * self.calls

    class Counted(Trap):
        def __init__(self) -> None:
            super().__init__()
            self.counting = Counting()

        def loss(self, x: Any, y: Any) -> Any:
            return self.counting(super().loss(x, y))

    assert_warned(Counted, "calls")


def test_an_attribute_that_comes_into_being() -> None:
    class Keeping(Trap):
        def loss(self, x: Any, y: Any) -> Any:
            self.last = float(len(self.seen))
            return super().loss(x, y)

    assert_warned(Keeping, "last")


def test_an_attribute_of_the_class_that_the_object_hides_later() -> None:
    class Hiding(Trap):
        factor = 1.0

        def loss(self, x: Any, y: Any) -> Any:
            return super().loss(x, y) * self.factor

        def between(self, number: int) -> None:
            if number == 4:
                self.factor = 3.0

    assert_replayed(Hiding)


def test_a_module_that_is_first_imported_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imported_late.py").write_text("import logging\nlogging.getLogger('imported_late')\nFACTOR = 2.0\n")
    monkeypatch.syspath_prepend(tmp_path)

    class Importing(Trap):
        def loss(self, x: Any, y: Any) -> Any:
            factor = importlib.import_module("imported_late").FACTOR
            return super().loss(x, y) * factor

        def between(self, number: int) -> None:
            if number == 0:
                sys.modules.pop("imported_late", None)

    assert_replayed(Importing, 6)
