"""Every op has its row, and every row passes every check."""

from pathlib import Path

import numpy as np
import pytest

from engine.autograd.op import OPS
from engine.testing import ROWS, Row
from engine.testing.checks import check_gradient, check_shape, check_values
from engine.testing.loading import load_rows

ALL = load_rows(Path(__file__).parent)


def _rng(row: Row) -> np.random.Generator:
    return np.random.default_rng(sum(map(ord, row.name)))


@pytest.mark.parametrize("name", sorted(OPS))
def test_every_op_has_a_row(name: str) -> None:
    assert name in ROWS, f"the op {name} has no row in tests/engine/ops"


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_values(row: Row) -> None:
    for sample in row.samples(_rng(row)):
        check_values(row, sample)


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_shape_rule(row: Row) -> None:
    for sample in row.samples(_rng(row)):
        check_shape(row, sample)


@pytest.mark.parametrize("row", [row for row in ALL if row.gradient], ids=lambda row: row.name)
def test_gradients(row: Row) -> None:
    rng = _rng(row)
    for sample in row.samples(rng):
        check_gradient(row, sample, rng)
