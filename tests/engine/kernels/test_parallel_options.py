"""Loops over equal ranges stay apart in every function that is compiled, not in the first alone."""

from __future__ import annotations

import numpy as np

from engine.kernels.cpu.jit import parallel, prange


@parallel
def first_of_all(values: np.ndarray) -> None:
    for place in prange(len(values)):
        values[place] += 1


@parallel
def shifted_twice(values: np.ndarray, between: np.ndarray) -> None:
    for place in prange(len(values)):
        between[place] = values[place]
    for place in prange(len(values)):
        values[place] = between[len(values) - 1 - place]


def test_a_loop_sees_all_that_the_loop_before_it_wrote() -> None:
    first_of_all(np.zeros(4))
    for kind in (np.float64, np.float32, np.int64):
        for _ in range(20):
            values = np.arange(1000).astype(kind)
            shifted_twice(values, np.full_like(values, -1))
            np.testing.assert_array_equal(values, np.arange(1000)[::-1])
