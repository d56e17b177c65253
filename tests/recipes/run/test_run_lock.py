"""Two processes never write one run, and a lock ends with the process that took it, however it ends."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recipes.errors import UsageError
from recipes.run.lock import hold_run, run_holder

HOLD = r"""
import os, sys, time
from pathlib import Path
from recipes.run.lock import hold_run
with hold_run(Path(sys.argv[1])):
    if len(sys.argv) > 2 and os.fork() == 0:
        os.write(1, f"child {os.getpid()}\n".encode())
        time.sleep(60)
    os.write(1, f"held {os.getpid()}\n".encode())
    time.sleep(60)
"""


@contextmanager
def holder(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A process that holds `folder`, and the lines that it printed."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", HOLD, str(folder), *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(1 + len(options))]
        try:
            yield process, lines
        finally:
            process.kill()
            for line in lines:
                if line.startswith("child"):
                    os.kill(int(line.split()[1]), signal.SIGKILL)


def test_a_run_is_held_and_let_go(tmp_path: Path) -> None:
    assert run_holder(tmp_path) is None
    with hold_run(tmp_path):
        assert run_holder(tmp_path) == f"{os.getpid()} on {os.uname().nodename}"
        with pytest.raises(UsageError), hold_run(tmp_path):
            pass
        assert run_holder(tmp_path) is not None
    assert run_holder(tmp_path) is None
    with hold_run(tmp_path):
        pass


def test_a_second_process_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with (
        holder(tmp_path) as (process, _),
        pytest.raises(UsageError, match=f"is being written by process {process.pid} on"),
        hold_run(tmp_path),
    ):
        pass


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    with holder(tmp_path) as (process, _):
        process.kill()
        process.wait(10)
        with hold_run(tmp_path):
            pass


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path, "fork") as (process, lines):
        assert {line.split()[0] for line in lines} == {"child", "held"}
        assert run_holder(tmp_path) is not None
        process.kill()
        process.wait(10)
        with hold_run(tmp_path):
            pass


def test_someone_who_asks_at_that_moment_turns_no_trainer_away(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / ".lock", os.O_RDONLY | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    done = threading.Timer(0.05, os.close, [descriptor])
    done.start()
    with hold_run(tmp_path):
        done.join()
