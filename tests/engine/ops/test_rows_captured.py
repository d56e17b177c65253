"""Every row's op gives the same, forward and backward, when it is recorded and replayed."""

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


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_captured_is_eager(row: Row) -> None:
    for sample in list(row.samples(np.random.default_rng(len(row.name))))[:4]:
        recorded = engine.compile(lambda args, keywords=sample.keywords: gradients_of(row, keywords, args))
        first, second, eager = (
            [
                np.array(each.array)
                for each in run(as_tensors(sample.args, requires_grad=row.gradient, constants=row.constants))
            ]
            for run in (recorded, recorded, lambda args, keywords=sample.keywords: gradients_of(row, keywords, args))
        )
        assert recorded.reason is None, recorded.reason
        assert recorded.replays == 1
        for one, other, right in zip(first, second, eager, strict=True):
            np.testing.assert_array_equal(one, right)
            if not any(isinstance(each, Draw) for each in sample.args):
                np.testing.assert_array_equal(other, right)
