"""Every elementwise row on every layout, self-aliased, and on NaN and infinities."""

from pathlib import Path

import numpy as np
import pytest

from engine.testing import Row
from engine.testing.layouts import check_expanded, check_layouts, check_self_aliased, check_special_values
from engine.testing.loading import load_rows

ELEMENTWISE = [row for row in load_rows(Path(__file__).parent) if row.elementwise]


def _rng(row: Row) -> np.random.Generator:
    return np.random.default_rng(sum(map(ord, row.name)))


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_layouts(row: Row) -> None:
    for sample in row.samples(_rng(row)):
        check_layouts(row, sample)


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_expanded(row: Row) -> None:
    for sample in row.samples(_rng(row)):
        check_expanded(row, sample)


@pytest.mark.parametrize(
    "row", [row for row in ELEMENTWISE if len(row.op.signature.inputs) == 2], ids=lambda row: row.name
)
def test_self_aliased(row: Row) -> None:
    for sample in row.samples(_rng(row)):
        check_self_aliased(row, sample)


# Infinities and NaN are what this is about.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("row", [row for row in ELEMENTWISE if row.special], ids=lambda row: row.name)
def test_special_values(row: Row) -> None:
    check_special_values(row)
