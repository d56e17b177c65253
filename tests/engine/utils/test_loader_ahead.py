"""Batches made ahead by a thread: the same ones, errors in their place, an end whenever nobody wants more."""

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backend import philox
from engine.backend.dtype import float32
from engine.creation import arange
from engine.utils.data import BatchPlace, DataLoader, TensorDataset
from engine.utils.data.ahead import made_ahead


class Images:
    """Pictures in memory, a batch at a time; a sample that is `broken` can't be had."""

    vectorized = True

    def __init__(self, size: int, broken: int | None = None) -> None:
        self.inputs = np.arange(size * 6, dtype=np.float32).reshape(size, 6)
        self.broken = broken

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, indices: Any) -> tuple[Any, Any]:
        if self.broken in indices:
            raise OSError("the file is gone")
        return self.inputs[indices], indices


def noisy(batch: Any, place: BatchPlace) -> Any:
    inputs, indices = batch
    return inputs + philox.sample_uniform(np, place.seed, place.epoch, place.indices)[:, np.newaxis], indices


def loader(size: int = 23, *, ahead: int, batch: int = 4, **given: Any) -> DataLoader:
    return DataLoader(
        Images(size, given.pop("broken", None)),
        batch,
        True,
        seed=3,
        batch_transform=noisy,
        batches_ahead=ahead,
        **given,
    )


def listed(batches: Any) -> list[Any]:
    return [(inputs.tolist(), indices.tolist()) for inputs, indices in batches]


def threads_that_make() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "made-ahead"]


def all_ended(seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while threads_that_make() and time.monotonic() < deadline:
        time.sleep(0.002)
    return not threads_that_make()


@given(st.integers(0, 30), st.integers(1, 9), st.integers(1, 5), st.data())
def test_batches_and_place_are_those_without_a_thread(size: int, batch: int, ahead: int, data: Any) -> None:
    plain, threaded = (loader(size, ahead=count, batch=batch) for count in (0, ahead))
    epochs = [listed(plain) for _ in range(3)]
    stop = data.draw(st.integers(0, 2 * len(threaded)))
    taken = 0
    while taken < stop:
        for _ in threaded:
            taken += 1
            if taken == stop:
                break
    state = threaded.state_dict()
    resumed = loader(size, ahead=ahead, batch=batch)
    resumed.load_state_dict(state)
    assert listed(resumed) == epochs[state["epoch"]][state["batches"] :]
    assert resumed.state_dict() == {"epoch": state["epoch"] + 1, "batches": 0}


def test_workers_make_the_same_batches() -> None:
    batches = listed(loader(ahead=3))
    assert batches == listed(loader(ahead=0, num_workers=1)) == listed(loader(ahead=0, num_workers=2))


def test_rows_of_tensors_are_those_that_indexing_gives() -> None:
    tensors = (arange(40).reshape(20, 2).t().contiguous().t(), arange(20) > 9, arange(20, dtype=float32))
    rows = TensorDataset(*tensors)
    for batch, place in zip(DataLoader(rows, 6, True, seed=2), DataLoader(range(20), 6, True, seed=2), strict=True):
        for found, expected in zip(batch, rows[place], strict=True):
            assert found.dtype == expected.dtype
            assert found.tolist() == expected.tolist()
    with pytest.raises(IndexError, match="out of bounds"):
        list(DataLoader(rows, batch_sampler=[[3, 20]]))


def test_no_more_than_so_many_are_made_ahead() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    coming = made_ahead(numbers(), 3)
    for number in range(5):
        assert next(coming) == number
        time.sleep(0.02)
        # Three wait and a fourth is at hand.
        assert len(made) <= number + 5
    assert len(made) >= 8


def test_an_error_comes_where_its_batch_would_have_come() -> None:
    plain, threaded = (iter(loader(24, ahead=count, broken=7)) for count in (0, 3))
    taken: list[list[Any]] = [[], []]
    for batches, found in zip((plain, threaded), taken, strict=True):
        with pytest.raises(OSError, match="the file is gone") as caught:
            found.extend(batch[1].tolist() for batch in batches)
        (note,) = caught.value.__notes__
        assert note.startswith("while loading the batch of 4 samples whose first is ")
        assert note.endswith(" in epoch 0")
        assert any(frame.name == "__getitem__" for frame in caught.traceback)
    assert taken[0] == taken[1] != []
    assert all_ended()


def test_an_error_of_a_transform_names_the_batch() -> None:
    def wrong(batch: Any, place: BatchPlace) -> Any:
        raise ZeroDivisionError("no pixels")

    with pytest.raises(ZeroDivisionError) as caught:
        list(DataLoader(Images(5), 5, batch_transform=wrong, batches_ahead=2))
    assert caught.value.__notes__ == [
        "while batch_transform changed the batch of 5 samples whose first is 0 in epoch 0"
    ]


@pytest.mark.parametrize("ended_by", ["close", "forgetting", "exception"])
def test_the_thread_ends_with_a_pass_that_is_given_up(ended_by: str) -> None:
    batches = iter(loader(200, ahead=2))
    next(batches)
    assert threads_that_make()
    if ended_by == "close":
        batches.close()  # type: ignore[attr-defined]
    elif ended_by == "forgetting":
        del batches
        gc.collect()
    else:
        with pytest.raises(KeyError):
            batches.throw(KeyError("the consumer's"))  # type: ignore[attr-defined]
    assert all_ended()


def test_passes_side_by_side_have_threads_of_their_own() -> None:
    both = list(zip(loader(ahead=2), loader(ahead=2), strict=True))
    assert [listed([first]) for first, _ in both] == [listed([second]) for _, second in both]
    assert all_ended()


PROGRAM = """
import os, sys, time
import numpy as np
from engine.utils.data import DataLoader

class Rows:
    vectorized = True
    def __len__(self):
        return 1000
    def __getitem__(self, indices):
        return np.ones((len(indices), 500_000), np.float32)

batches = iter(DataLoader(Rows(), 10, batches_ahead=2))
next(batches)
"""

FORK = """
pid = os.fork()
if pid == 0:
    try:
        next(batches)
    except RuntimeError as error:
        print(error)
        sys.exit(0)
    os._exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def outcome(program: str) -> tuple[int, str, str]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    # From 3.12 on, Python warns of any fork beside threads: what comes of it is what is tested here.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("end", ["", "raise SystemExit(5)", "sys.exit(5)"])
def test_a_program_ends_in_the_middle_of_a_pass(end: str) -> None:
    assert outcome(PROGRAM + end) == (5 if end else 0, "", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_is_told_that_it_has_no_such_thread() -> None:
    code, said, complaint = outcome(PROGRAM + FORK)
    assert (code, complaint) == (0, "")
    assert said == "batches are made ahead by a thread, which a forked child has not: begin a new pass\n0\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ahead": -1}, "batches_ahead should be 0 or a positive"),
        ({"ahead": 2, "num_workers": 1}, "use prefetch_factor"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loader(**given)
