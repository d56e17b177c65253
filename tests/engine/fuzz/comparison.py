"""Random programs run under two libraries, and what is compared of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

import engine
from tests.engine.fuzz.machine import REFUSALS, STALE, Machine, Step, agree, differences, look, refusal, tame

# Of a quotient or a running product PyTorch keeps more than it needs; of a number it keeps a tensor, which is released.
FORGIVEN = [
    "RuntimeError: one of the variables needed for gradient computation has been modified by an inplace operation",
    "RuntimeError: Trying to backward through the graph a second time",
    "RuntimeError: unsupported operation: some elements of the input tensor and the written-to tensor",
    "RuntimeError: leaf variable has been moved into the graph interior",
    "RuntimeError: Trying to use a saved tensor that has been detached in-place",
]
# PyTorch fills expanded memory, and masks it with a warning.
SHARED = (
    "RuntimeError: unsupported operation: more than one element of the written-to tensor refers to a single "
    "memory location"
)
Leaves = Sequence[tuple[tuple[int, ...], bool]]


def begun(lib: Any, given_leaves: Leaves, seed: int = 0) -> Machine:
    """A machine whose tensors are leaves of these shapes, of which some need gradients."""
    rng = np.random.default_rng((seed, len(given_leaves)))
    return Machine(
        lib,
        [
            lib.tensor(rng.normal(size=shape).round(3), dtype=lib.float64, requires_grad=needs)
            for shape, needs in given_leaves
        ],
    )


def compare(ours: Machine, theirs: Machine, where: str, results: bool = True) -> bool:
    """Check all tensors, and the gradients of leaves and of `results`; whether to go on."""
    for number, (mine, other) in enumerate(zip(ours.tensors, theirs.tensors, strict=True)):
        seen, right = look(mine, ours.born[number]), look(other, theirs.born[number])
        if not tame(right):
            return False
        found = differences(seen, right if results else right._replace(version=seen.version))
        assert found is None, f"{where}, tensor {number}: {found}"
        # Second gradients pass through a result or around it: that is up to the formula of the first.
        if results or right.leaf is True:
            compare_gradients(mine, other, f"{where}, tensor {number}", zeros=not results)
    return True


def compare_gradients(mine: Any, other: Any, where: str, zeros: bool) -> None:
    """Check two gradients; `zeros` says that none at all is as good as one that is zero."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradient, right = mine.grad, other.grad
    given = [each for each in (gradient, right) if each is not None]
    if zeros and len(given) == 1 and not given[0].detach().numpy().any():
        return
    assert (gradient is None) == (right is None), f"{where}: gradient {gradient} here, {right} in PyTorch"
    if right is not None and np.all(np.abs(right.detach().numpy()) < 1e8):
        np.testing.assert_allclose(
            gradient.detach().numpy(), right.detach().numpy(), rtol=1e-7, atol=1e-7, err_msg=f"{where}: gradient"
        )


def total(machine: Machine, number: int) -> Any:
    """One number of several tensors, each element with a weight of its own."""
    chosen = [each for position, each in enumerate(machine.tensors) if number >> (position % 5) & 1 or not position]
    result = 0.0
    for position, each in enumerate(chosen):
        weights = np.random.default_rng(position).normal(size=tuple(each.shape))
        result = result + (each * machine.lib.tensor(weights, dtype=machine.lib.float64)).sum()
    return result


def ended(machine: Machine, number: int, twice: bool) -> Any:
    """What backward, or a gradient's gradient, was refused with."""
    try:
        result = total(machine, number)
        if not twice:
            return result.backward()
        wanted = [each for each in machine.leaves if each.requires_grad and each.is_leaf]
        if not wanted:
            return None
        first = machine.lib.autograd.grad(result, wanted, create_graph=True, allow_unused=True)
        # Some formulas of zero have a history and others none: the leaves' own squares always have one.
        again = sum((each * each).sum() for each in [*first, *wanted] if each is not None)
        machine.add([each.detach() for each in first if each is not None])
        again.backward()
    except REFUSALS as error:
        return refusal(error)
    return None


def forgiven(refused: str | None, right: str | None) -> bool:
    """Whether PyTorch refused what it could have done, by what it kept or by looking at memory less closely."""
    return (refused is None and right in FORGIVEN) or (refused == SHARED and right is None)


def check(lib: Any, given_leaves: Leaves, program: Sequence[Step], watched: bool, number: int, twice: bool) -> None:
    """Run a program here and under PyTorch; raises AssertionError for the first difference."""
    ours, theirs = begun(engine, given_leaves), begun(lib, given_leaves)
    for position, step in enumerate(program):
        refused, right = ours.step(step), theirs.step(step)
        where = f"after step {position}, {step}"
        if forgiven(refused, right) or (step.quiet and STALE in (refused, right)):
            # Without gradients ours look at no history.
            return
        assert agree(refused, right), f"{where}: {refused} here, {right} in PyTorch"
        if step.name == "backward" and right is not None:
            # How far it came is nobody's promise.
            return
        assert len(ours.tensors) == len(theirs.tensors), where
        if (watched and not compare(ours, theirs, where)) or not all(tame(look(each)) for each in theirs.tensors):
            return
    refused, right = ended(ours, number, twice), ended(theirs, number, twice)
    assert (refused is None) == (right is None) or forgiven(refused, right), (
        f"backward: {refused} here, {right} in PyTorch"
    )
    if refused is None and right is None:
        compare(ours, theirs, "at the end", results=not twice)
