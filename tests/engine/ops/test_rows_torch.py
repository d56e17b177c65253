"""Every row that names a function of PyTorch, beside that function."""

from pathlib import Path

import numpy as np
import pytest

from engine.testing import Row
from engine.testing.loading import load_rows
from engine.testing.torch_checks import check_all_dtypes, check_sample, check_special_values

pytest.importorskip("torch", reason="pip install 'galley[parity]'")
pytestmark = [
    pytest.mark.parity,
    # Infinities and NaN are what these tests are about.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]


COMPARED = [row for row in load_rows(Path(__file__).parent) if row.torch is not None]
ELEMENTWISE = [row for row in COMPARED if row.elementwise]


@pytest.mark.parametrize("row", COMPARED, ids=lambda row: row.name)
def test_samples(row: Row) -> None:
    for sample in row.samples(np.random.default_rng(sum(map(ord, row.name)))):
        check_sample(row, sample)


@pytest.mark.parametrize("row", [row for row in ELEMENTWISE if row.special], ids=lambda row: row.name)
def test_special_values(row: Row) -> None:
    check_special_values(row)


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_all_dtypes(row: Row) -> None:
    check_all_dtypes(row)
