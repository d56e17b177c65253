"""Every row's op gives the same, forward and backward, when it is recorded and replayed by a plan."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.draw import Draw
from engine.testing import Row, Sample
from engine.testing.checks import as_tensors, leaves_of, outputs_of
from engine.testing.loading import load_rows
from engine.testing.plans import assert_calls, large_samples, plan_of

ALL = load_rows(Path(__file__).parent)


def gradients_of(row: Row, keywords: dict[str, Any], args: Any) -> list[Any]:
    """The outputs of the op, and the gradients of their sum."""
    outputs = outputs_of(row.op(*args, **keywords))
    flowing = [each for each in outputs if each.requires_grad]
    leaves = [each for each in leaves_of(args) if each.requires_grad]
    found: list[Any] = []
    if flowing:
        found = [
            each
            for each in engine.autograd.grad([each.sum() for each in flowing], leaves, allow_unused=True)
            if each is not None
        ]
    return [each.detach() for each in outputs] + found


def replayed_as_run(row: Row, sample: Sample, dtype: str) -> Any:
    """The plan of a recording of the op that gave, recorded and replayed, what the op gives by itself."""

    def run(args: Any, keywords: dict[str, Any] = sample.keywords) -> list[Any]:
        return gradients_of(row, keywords, args)

    recorded = engine.compile(run)
    first, second, eager = (
        [
            np.array(each.array)
            for each in each_run(
                as_tensors(sample.args, dtype, requires_grad=row.gradient, constants=row.constants),
            )
        ]
        for each_run in (recorded, recorded, run)
    )
    plan = plan_of(recorded)
    for one, other, right in zip(first, second, eager, strict=True):
        np.testing.assert_array_equal(one, right)
        # A replay draws other numbers.
        if not any(isinstance(each, Draw) for each in sample.args):
            np.testing.assert_array_equal(other, right)
    return plan


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_captured_is_eager(row: Row) -> None:
    for sample in list(row.samples(np.random.default_rng(len(row.name))))[:4]:
        replayed_as_run(row, sample, "float64")


@pytest.mark.parametrize("row", [row for row in ALL if row.large], ids=lambda row: row.name)
def test_captured_is_eager_by_kernels(row: Row) -> None:
    for kernel, sample in large_samples(row):
        assert_calls(replayed_as_run(row, sample, "float32"), kernel, row, sample)
