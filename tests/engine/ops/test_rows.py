"""Every op has its row, and every row passes every check."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from engine.autograd.op import OPS
from engine.testing import ROWS, Row
from engine.testing.checks import check_gradient, check_shape, check_values

for _path in sorted(Path(__file__).parent.glob("rows_*.py")):
    _spec = importlib.util.spec_from_file_location(_path.stem, _path)
    assert _spec is not None and _spec.loader is not None
    _spec.loader.exec_module(importlib.util.module_from_spec(_spec))

ALL = [row for rows in ROWS.values() for row in rows]


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
