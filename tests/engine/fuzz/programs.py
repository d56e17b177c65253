"""What random programs are drawn from."""

from __future__ import annotations

from hypothesis import strategies as st

import tests.engine.fuzz.instructions
import tests.engine.fuzz.instructions_history  # noqa: F401  (declares its instructions)
from tests.engine.fuzz.machine import INSTRUCTIONS, Step

SHAPES = [(2, 3), (3,), (), (3, 2), (1, 3), (2, 1, 3), (0, 3), (1,)]

numbers = st.integers(0, 60)
rarely = st.integers(0, 7).map(lambda drawn: drawn == 7)
steps = st.builds(Step, st.sampled_from(list(INSTRUCTIONS)), numbers, numbers, numbers, numbers, rarely)
leaves = st.lists(st.tuples(st.sampled_from(SHAPES), st.booleans()), min_size=1, max_size=3)
