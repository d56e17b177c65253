"""Workers, in real processes, end within two seconds of the process that they work for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")

SECONDS = 2.0

WORKERS = '''
"""A trainer with one worker, which works (asleep, or computing) until it is ended."""
import multiprocessing, os, subprocess, sys, time
from engine.backend.processes import die_with_parent, watch_parent

def work(kind, where):
    if kind == "watch":
        watch_parent(multiprocessing.parent_process().pid)
    else:
        die_with_parent()
    with open(where + ".part", "w") as file:
        file.write(str(os.getpid()))
    os.rename(where + ".part", where)
    if kind == "busy":
        sum(iter(int, 1))
    time.sleep(60)

if __name__ == "__main__":
    method, kind, where = sys.argv[1:]
    if method == "subprocess":
        code = "import os, sys, time; from engine.backend.processes import die_with_parent;"
        code += "die_with_parent(int(sys.argv[1])); open(sys.argv[2], 'w').write(str(os.getpid())); time.sleep(60)"
        subprocess.Popen([sys.executable, "-c", code, str(os.getpid()), where])
    else:
        multiprocessing.get_context(method).Process(target=work, args=(kind, where)).start()
    time.sleep(60)
'''


@contextmanager
def trainer(folder: Path, method: str, kind: str) -> Iterator[tuple[subprocess.Popen[bytes], psutil.Process]]:
    """A running trainer and its worker, both gone afterwards."""
    program, where = folder / "workers.py", folder / "worker.pid"
    program.write_text(WORKERS)
    repository = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(repository)}
    process = subprocess.Popen([sys.executable, str(program), method, kind, str(where)], env=environment)
    worker = None
    try:
        wait_until(lambda: where.exists() and where.read_text() != "", 20)
        worker = psutil.Process(int(where.read_text()))
        yield process, worker
    finally:
        process.kill()
        process.wait()
        with suppress(psutil.NoSuchProcess):
            if worker is not None:
                worker.kill()


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize(
    ("method", "kind"),
    [("subprocess", "kernel"), ("spawn", "kernel"), ("spawn", "busy"), ("forkserver", "kernel"), ("spawn", "watch")],
)
def test_a_killed_trainer_takes_its_worker_along(tmp_path: Path, method: str, kind: str) -> None:
    with trainer(tmp_path, method, kind) as (process, worker):
        time.sleep(0.1)
        assert not is_gone(worker)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda: is_gone(worker), SECONDS)


@pytest.mark.parametrize("function", ["die_with_parent", "watch_parent", "_wait_by_looking"])
def test_a_parent_that_is_gone_already_ends_the_worker_at_once(function: str) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    call = f"processes.{function}({gone.pid})"
    if function == "_wait_by_looking":
        call = f"processes._wait_by_looking({gone.pid}, threading.Event()); import os; os._exit(137)"
    program = f"import threading, time; from engine.backend import processes; {call}; time.sleep(60)"
    worker = subprocess.run([sys.executable, "-c", program], timeout=20, check=False)
    assert worker.returncode == 137


def test_looking_notices_the_end_of_a_process() -> None:
    program = """
import subprocess, sys, threading, time
from engine.backend import processes
parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"])
begin = time.monotonic()
ready = threading.Event()
processes._wait_by_looking(parent.pid, ready)
assert ready.is_set() and 0.3 < time.monotonic() - begin < 3, time.monotonic() - begin
"""
    subprocess.run([sys.executable, "-c", program], timeout=20, check=True)
