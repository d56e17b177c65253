"""The number of BLAS threads is what was asked for."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

import engine


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = engine.get_num_threads()
    yield
    engine.set_num_threads(before)


def test_the_number_is_kept_and_seen() -> None:
    for count in (1, 2, 1):
        engine.set_num_threads(count)
        assert engine.get_num_threads() == count


def test_one_thread_leaves_the_other_cores_alone() -> None:
    engine.set_num_threads(1)
    matrix = np.ones((600, 600), "float32")
    busy = threading.get_native_id()

    def used() -> dict[int, float]:
        return {each.id: each.user_time for each in psutil.Process().threads()}

    before, end = used(), time.monotonic() + 0.6
    while time.monotonic() < end:
        matrix @ matrix
    others = sum(spent - before.get(number, 0.0) for number, spent in used().items() if number != busy)
    assert others < 0.1


def test_less_than_one_is_refused() -> None:
    with pytest.raises(RuntimeError, match="positive integer, got 0"):
        engine.set_num_threads(0)
