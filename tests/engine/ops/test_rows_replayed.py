"""Every row's op gives the same, forward and backward, when what was recorded of it is replayed on other values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.draw import Draw
from engine.kernels.kernel import Kernel
from engine.testing import Row, Sample
from engine.testing.checks import as_tensors, leaves_of, outputs_of
from engine.testing.loading import load_rows
from engine.testing.plans import assert_calls, large_samples, plan_of

ALL = load_rows(Path(__file__).parent)


def turn(tensors: list[Any]) -> None:
    """Put the elements of floating tensors in reverse order, in place: other values of the same kind."""
    for each in tensors:
        if each.array.dtype.kind == "f":
            each.array[...] = np.flip(each.array).copy()


def gradients_of(row: Row, keywords: dict[str, Any], args: Any) -> list[Any]:
    """The outputs of the op, and the gradients of a sum in which each element has another weight."""
    outputs = outputs_of(row.op(*args, **keywords))
    flowing = [each for each in outputs if each.requires_grad]
    leaves = [each for each in leaves_of(args) if each.requires_grad]
    found: list[Any] = []
    if flowing:
        total = sum((each * each.detach()).sum() + each.sum() for each in flowing)
        found = [each for each in engine.autograd.grad(total, leaves, allow_unused=True) if each is not None]
    return [each.detach() for each in outputs] + found


def arrays_of(tensors: list[Any]) -> list[Any]:
    return [np.array(each.array) for each in tensors]


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_replayed_on_other_values(row: Row) -> None:
    for sample in list(row.samples(np.random.default_rng(len(row.name))))[:4]:
        if any(isinstance(each, Draw) for each in sample.args):
            continue

        def run(args: Any, keywords: dict[str, Any] = sample.keywords) -> list[Any]:
            return gradients_of(row, keywords, args)

        recorded = engine.compile(run)
        first, second, third = (
            as_tensors(sample.args, requires_grad=row.gradient, constants=row.constants) for _ in range(3)
        )
        recorded(first)
        turn(leaves_of(second))
        turn(leaves_of(third))
        replayed, right = arrays_of(recorded(second)), arrays_of(run(third))
        plan_of(recorded)
        for mine, other in zip(replayed, right, strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("row", [row for row in ALL if row.large], ids=lambda row: row.name)
def test_replayed_by_kernels_where_arrays_stay(row: Row) -> None:
    for kernel, sample in large_samples(row):
        replayed_from_outside(row, sample, kernel)


def replayed_from_outside(row: Row, sample: Sample, kernel: Kernel) -> None:
    """The op on tensors that are no arguments: what a kernel calls is called again without the kernel."""
    held = as_tensors(sample.args, "float32", requires_grad=row.gradient, constants=row.constants)

    def run() -> list[Any]:
        return gradients_of(row, sample.keywords, held)

    recorded = engine.compile(run)
    recorded()
    turn(leaves_of(held))
    replayed, right = arrays_of(recorded()), arrays_of(run())
    assert_calls(plan_of(recorded), kernel, row, sample)
    if not any(isinstance(each, Draw) for each in sample.args):
        for mine, other in zip(replayed, right, strict=True):
            np.testing.assert_array_equal(mine, other)
