"""Every row's op gives the same, forward and backward, when what was recorded of it is replayed on other values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.draw import Draw
from engine.testing import Row
from engine.testing.checks import as_tensors, leaves_of, outputs_of
from engine.testing.loading import load_rows

ALL = load_rows(Path(__file__).parent)


def turned(value: Any) -> Any:
    """The floating arrays in reverse order: other values of the same kind."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.array(np.flip(value))
    return type(value)(map(turned, value)) if type(value) in (tuple, list) else value


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


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_replayed_on_other_values(row: Row) -> None:
    for sample in list(row.samples(np.random.default_rng(len(row.name))))[:4]:
        if any(isinstance(each, Draw) for each in sample.args):
            continue

        def run(args: Any, keywords: dict[str, Any] = sample.keywords) -> list[Any]:
            return gradients_of(row, keywords, args)

        recorded = engine.compile(run)
        recorded(as_tensors(sample.args, requires_grad=row.gradient, constants=row.constants))
        replayed, right = (
            [
                np.array(each.array)
                for each in each_run(
                    as_tensors(turned(sample.args), requires_grad=row.gradient, constants=row.constants)
                )
            ]
            for each_run in (recorded, run)
        )
        assert recorded.replays == 1, recorded.reason
        for mine, other in zip(replayed, right, strict=True):
            np.testing.assert_array_equal(mine, other)
