"""Every op with fast kernels gives by each of them what its reference gives."""

from pathlib import Path

import numpy as np
import pytest

from engine.testing import ROWS
from engine.testing.kernels import check_kernels
from engine.testing.loading import load_rows

WITH_KERNELS = sorted({row.op.name for row in load_rows(Path(__file__).parent) if row.op.kernels})


@pytest.mark.parametrize("name", WITH_KERNELS)
def test_kernels_agree_with_the_reference(name: str) -> None:
    check_kernels(ROWS[name], np.random.default_rng(len(name)))
