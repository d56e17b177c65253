"""Variances under a mask, beside NumPy's over the chosen elements."""

from typing import Any

import numpy as np
import pytest

import engine
from engine.masked import std, var


@pytest.mark.parametrize("correction", [0, 1, 1.3])
def test_variances_of_rows_are_those_of_their_chosen_elements(correction: float) -> None:
    rng = np.random.default_rng(0)
    values, mask = rng.standard_normal((4, 9)), rng.random((4, 9)) < 0.6
    given: dict[str, Any] = {"correction": correction, "mask": engine.from_numpy(mask)}
    rows = [row[chosen] for row, chosen in zip(values, mask, strict=True)]
    expected = np.array([((row - row.mean()) ** 2).sum() / (len(row) - correction) for row in rows])
    x = engine.from_numpy(values)
    assert var(x, 1, **given).numpy() == pytest.approx(expected, rel=1e-13)
    assert std(x, 1, **given).numpy() == pytest.approx(np.sqrt(expected), rel=1e-13)
