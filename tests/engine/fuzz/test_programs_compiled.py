"""Random programs give the same when they are recorded and replayed on other values, or say why they are not."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from tests.engine.fuzz.comparison import Leaves, begun
from tests.engine.fuzz.machine import LARGEST, Machine, Step, positions, refusal
from tests.engine.fuzz.programs import leaves, steps

pytestmark = pytest.mark.filterwarnings("ignore")

EXAMPLES = int(os.environ.get("GALLEY_FUZZ_EXAMPLES", "100"))


def as_function(program: Sequence[Step], number: int) -> Callable[..., Any]:
    """The program as a function of its leaves: all values, and the gradients of a number made of them."""

    def run(*given_leaves: Any) -> list[Any]:
        machine = Machine(engine, list(given_leaves))
        refused = [machine.step(step) for step in program]
        wanted = [each for each in machine.leaves if each.requires_grad and each.is_leaf]
        gradients: Sequence[Any] = []
        if wanted:
            try:
                gradients = engine.autograd.grad(mixed(machine, number), wanted, allow_unused=True)
            except RuntimeError as error:
                refused.append(refusal(error))
        found = [*machine.tensors, *gradients]
        return [refused, [None if each is None else each.detach() for each in found]]

    return run


def mixed(machine: Machine, number: int) -> Any:
    """One number of several tensors."""
    chosen = [each for position, each in enumerate(machine.tensors) if number >> (position % 5) & 1 or not position]
    return sum((each * (each.detach().cos() + position)).sum() for position, each in enumerate(chosen))


def check_compiled(given_leaves: Leaves, program: Sequence[Step], number: int) -> Any:
    """Run a program on three sets of values, eagerly and compiled; raises AssertionError for the first difference."""
    warm_positions()
    function = as_function(program, number)
    compiled = engine.compile(function)
    for seed in range(3):
        right_leaves, own_leaves = (begun(engine, given_leaves, seed).tensors for _ in range(2))
        right, found = function(*right_leaves), compiled(*own_leaves)
        assert found[0] == right[0], f"run {seed}: refused {found[0]} compiled, {right[0]} eagerly"
        for mine, other in zip([*found[1], *own_leaves], [*right[1], *right_leaves], strict=True):
            same(mine, other, f"run {seed}")
        for mine, other in zip(own_leaves, right_leaves, strict=True):
            assert mine.requires_grad == other.requires_grad, f"run {seed}: requires_grad"
            same(mine.grad, other.grad, f"run {seed}: gradient")
    return compiled


def check_parameters(given_leaves: Leaves, program: Sequence[Step], number: int) -> Any:
    """As `check_compiled`, of leaves from outside that collect gradients over calls and may be written to."""
    warm_positions()
    sides = [begun(engine, given_leaves).tensors for _ in range(2)]

    def backward(parameters: list[Any]) -> list[Any]:
        machine = Machine(engine, parameters)
        refused = [machine.step(step) for step in program]
        try:
            mixed(machine, number).backward()
        except RuntimeError as error:
            refused.append(refusal(error))
        return [refused, [each.detach() for each in machine.tensors]]

    compiled = engine.compile(lambda: backward(sides[0]))
    for call in range(3):
        right, found = backward(sides[1]), compiled()
        assert found[0] == right[0], f"call {call}: refused {found[0]} compiled, {right[0]} eagerly"
        for mine, other in zip([*found[1], *sides[0]], [*right[1], *sides[1]], strict=True):
            same(mine, other, f"call {call}")
        for mine, other in zip(*sides, strict=True):
            assert (mine.requires_grad, mine.is_leaf) == (other.requires_grad, other.is_leaf), f"call {call}"
            same(mine.grad, other.grad, f"call {call}: gradient")
    return compiled


def warm_positions() -> None:
    """Make the positions that programs may ask for: of a tensor made while recording there is no saying what it was."""
    for first in range(4):
        positions(engine, first)
        positions(engine, first, 0)


def same(mine: Any, other: Any, where: str) -> None:
    assert (mine is None) == (other is None), f"{where}: {mine} compiled, {other} eagerly"
    if other is not None and np.all(np.abs(other.array) < LARGEST):
        np.testing.assert_array_equal(mine.array, other.array, err_msg=where)


@settings(max_examples=EXAMPLES)
@given(leaves, st.lists(steps, min_size=3, max_size=15), st.integers(0, 31))
def test_compiled_programs(given_leaves: Any, program: Any, number: int) -> None:
    check_compiled(given_leaves, program, number)


@settings(max_examples=EXAMPLES)
@given(leaves, st.lists(steps, min_size=3, max_size=15), st.integers(0, 31))
def test_compiled_programs_of_parameters(given_leaves: Any, program: Any, number: int) -> None:
    check_parameters(given_leaves, program, number)
