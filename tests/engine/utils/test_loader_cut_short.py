"""DataLoader when workers, passes, their end or the whole trainer are cut short: nothing waits for ever."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import psutil
import pytest

from engine.utils.data import DataLoader, Dataset

METHODS = pytest.mark.parametrize("method", ["spawn", "forkserver"])
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX's signals")

# More than a pipe holds: whoever writes it waits for a reader.
LARGE = """
import os, signal, sys, time
import numpy as np
from engine.utils.data import DataLoader

class Large:
    def __init__(self, seconds=0.0):
        self.rows = np.zeros((1000, 1000), np.float32)
        self.seconds = seconds

    def __len__(self):
        return 1000

    def __getitem__(self, index):
        time.sleep(self.seconds)
        return self.rows[index]
"""


class Rows(Dataset[Any]):
    def __len__(self) -> int:
        return 24

    def __getitem__(self, index: int) -> Any:
        return np.full((64, 1024), index, np.float32)


class Counted(Rows):
    """Counts in memory that its workers share."""

    def __init__(self) -> None:
        self.count = multiprocessing.get_context("spawn").Value("i", 0)

    def __getitem__(self, index: int) -> Any:
        with self.count.get_lock():
            self.count.value += 1
        return index


class Interrupted(BaseException):
    pass


@contextmanager
def interrupt_after(seconds: float) -> Iterator[None]:
    def interrupt(*_: Any) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


def endless(loader: DataLoader) -> Iterator[Any]:
    while True:
        yield from loader


@contextmanager
def trainer(folder: Path, program: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A program of its own after LARGE; its output, of all its processes, ends in pipes."""
    path = folder / "trainer.py"
    path.write_text(LARGE + dedent(program))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        [sys.executable, str(path), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


@METHODS
def test_workers_that_die_before_they_have_read_a_large_dataset_are_named(tmp_path: Path, method: str) -> None:
    """A script without its guard: each worker would start workers, and ends."""
    program = "list(DataLoader(Large(), 10, num_workers=1, multiprocessing_context=sys.argv[1]))"
    with trainer(tmp_path, program, method) as process:
        _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "RuntimeError: DataLoader worker 0 (pid" in error
    assert "ended unexpectedly, with exit code 1: its own message stands above; a script that starts" in error


def test_what_processes_share_travels_with_the_dataset() -> None:
    data = Counted()
    assert len(list(DataLoader(data, 4, num_workers=2, multiprocessing_context="spawn"))) == 6
    assert data.count.value == 24


def test_passes_side_by_side() -> None:
    apart = DataLoader(Rows(), 4, num_workers=1)
    assert all(np.array_equal(one.array, other.array) for one, other in zip(apart, apart, strict=True))
    lasting = DataLoader(Rows(), 4, num_workers=2, persistent_workers=True)
    first = iter(lasting)
    next(first)
    assert len(list(lasting)) == 6
    with pytest.raises(RuntimeError, match="a later one has begun"):
        next(first)


@POSIX
def test_an_interrupt_at_any_moment_leaves_a_loader_that_works() -> None:
    loader = DataLoader(Rows(), 4, num_workers=2, persistent_workers=True)
    for seconds in (0.6, 0.9, 1.1):
        with pytest.raises(Interrupted), interrupt_after(seconds):
            deque(endless(loader), maxlen=0)
    loader.set_epoch(0)
    assert [batch.array[:, 5, 5].tolist() for batch in loader] == [list(range(n, n + 4)) for n in range(0, 24, 4)]


@pytest.mark.slow
@POSIX
@METHODS
def test_a_second_interrupt_while_workers_end_leaves_none_behind(tmp_path: Path, method: str) -> None:
    program = """
    class Interrupted(BaseException):
        pass

    def interrupt(*_):
        raise Interrupted

    if __name__ == "__main__":
        loader = DataLoader(
            Large(1000.0), 4, num_workers=2, multiprocessing_context=sys.argv[1], persistent_workers=True
        )
        signal.signal(signal.SIGALRM, interrupt)
        batches = iter(loader)
        # The first meets the wait for a batch, the second the wait for the workers' end.
        signal.setitimer(signal.ITIMER_REAL, 3.0, 0.5)
        try:
            next(batches)
        except Interrupted:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            raise
    """
    with trainer(tmp_path, program, method) as process:
        _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "During handling of the above exception, another exception occurred" in error


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
@METHODS
@pytest.mark.parametrize("moment", ["start", "epoch"])
def test_nothing_holds_the_output_of_a_killed_trainer(tmp_path: Path, method: str, moment: str) -> None:
    """Who reads a trainer's output, such as `| tail`, waits for all that were given it."""
    program = """
    if __name__ == "__main__":
        for batch in DataLoader(Large(0.01), 4, num_workers=2, multiprocessing_context=sys.argv[1]):
            print("a batch", flush=True)
    """
    with trainer(tmp_path, program, method) as process:
        if moment == "epoch":
            assert process.stdout is not None
            assert process.stdout.readline() == "a batch\n"
        else:
            seen = psutil.Process(process.pid)
            while not seen.children():
                assert process.poll() is None
        process.kill()
        process.communicate(timeout=10)
