"""isclose and allclose, beside NumPy's."""

import numpy as np
import pytest

import engine

NUMBERS = {
    "real": [1.0, 1.0 + 1e-9, 2.0, np.inf, -np.inf, np.nan],
    "complex": [1 + 2j, 1 + 9j, 3 + 1j, 1 + 2j + 1e-9j],
    "whole": [1, 2, 100000, 100001],
}


@pytest.mark.parametrize("equal_nan", [False, True])
@pytest.mark.parametrize("kind", NUMBERS)
def test_pairs_are_close_where_numpys_are(kind: str, equal_nan: bool) -> None:
    values = np.array(NUMBERS[kind])
    first, second = np.repeat(values, len(values)), np.tile(values, len(values))
    ours = engine.isclose(engine.from_numpy(first), engine.from_numpy(second), equal_nan=equal_nan)
    assert ours.tolist() == np.isclose(first, second, equal_nan=equal_nan).tolist()


def test_all_are_close_if_each_is() -> None:
    x = engine.tensor([1 + 2j, 3 + 1j])
    assert engine.allclose(x, x)
    assert not engine.allclose(x, x + 1j)
