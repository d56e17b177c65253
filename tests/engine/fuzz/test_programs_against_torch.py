"""Random programs give PyTorch's values, histories, gradients and refusals."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.fuzz.comparison import check
from tests.engine.fuzz.programs import leaves, steps

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]

EXAMPLES = int(os.environ.get("GALLEY_FUZZ_EXAMPLES", "300"))


@settings(max_examples=EXAMPLES)
@given(leaves, st.lists(steps, min_size=5, max_size=25), st.booleans(), st.integers(0, 31), st.booleans())
def test_programs(given_leaves: Any, program: Any, watched: bool, number: int, twice: bool) -> None:
    check(torch, given_leaves, program, watched, number, twice)
