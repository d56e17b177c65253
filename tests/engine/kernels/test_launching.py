"""Launches on all threads: from several Python threads at once, by as many as asked for, and after a fork."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.backend.thread_count import get_num_threads, kernel_threads, set_num_threads
from engine.backend.threads import configure
from engine.kernels.cpu.launching import threads

CHOSEN = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER", "XDG_CACHE_HOME")

# Kernels are kept by the name of their file: these stand in one.
LOOPS = """
import os, sys, threading, time
import engine
import numba, numpy as np
from engine.kernels.cpu.jit import compiled, parallel, prange

@compiled
def piece(x, y, begin, end):
    for i in range(begin, end):
        y[i] = x[i] * 2 + 1

@parallel
def doubled(x, y, pieces):
    size = len(x) // pieces
    for number in prange(pieces):
        piece(x, y, number * size, (number + 1) * size)

def run(x):
    y = np.zeros_like(x)
    doubled(x, y, 8)
    return y

x = np.arange(1 << 12, dtype=np.float32)
"""

STRESS = """
wrong = []
def hammer(seed):
    own = np.random.default_rng(seed).random(1 << 12).astype(np.float32)
    for _ in range(300):
        if (run(own) != own * 2 + 1).any():
            wrong.append(seed)
crowd = [threading.Thread(target=hammer, args=(seed,)) for seed in range(6)]
for each in crowd: each.start()
for each in crowd: each.join()
print(numba.threading_layer(), len(wrong))
"""

FORK = """
before = run(x)
pid = os.fork()
if pid == 0:
    ok = (run(x) == before).all() and engine.kernels.cpu.launching.threads() == 1
    os._exit(0 if ok else 3)
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        print(os.waitstatus_to_exitcode(status), (run(x) == before).all())
        sys.exit()
    time.sleep(0.02)
os.kill(pid, 9)
print("the child hangs")
"""

FORK_AMID_LAUNCHES = """
run(x)
over = threading.Event()
def busy():
    while not over.is_set():
        run(x)
other = threading.Thread(target=busy)
other.start()
codes = set()
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if (run(x) == x * 2 + 1).all() else 3)
    codes.add(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
over.set()
other.join()
print(codes)
"""

TEAMS = """
def seen():
    run(x)
    return numba.get_num_threads()
found = [seen()]
for count in (1, 2, 9):
    engine.set_num_threads(count)
    found.append(seen())
    other = threading.Thread(target=lambda: found.append(seen()))
    other.start()
    other.join()
print(found)
"""


def outcome(folder: Path, program: str, **variables: str) -> str:
    """What a program of its own prints after LOOPS."""
    path = folder / "loops.py"
    path.write_text(LOOPS + program)
    kept = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    environment = kept | {"PYTHONPATH": str(Path(__file__).parents[3]), "NUMBA_CACHE_DIR": str(folder)} | variables
    # From 3.12 on, Python warns of any fork beside threads: what comes of it is what is tested here.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_python_threads_that_launch_at_once_get_their_own_results(tmp_path: Path, layer: str) -> None:
    assert outcome(tmp_path, STRESS, NUMBA_THREADING_LAYER=layer) == f"{layer} 0"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_a_forked_child_computes_on_one_thread_what_its_parent_does(tmp_path: Path, layer: str) -> None:
    assert outcome(tmp_path, FORK, NUMBA_THREADING_LAYER=layer) == "0 True"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_amid_launches_of_another_thread_leaves_no_lock_held(tmp_path: Path) -> None:
    assert outcome(tmp_path, FORK_AMID_LAUNCHES) == "{0}"


def test_every_python_thread_launches_as_many_as_were_asked_for(tmp_path: Path) -> None:
    found = outcome(tmp_path, TEAMS, NUMBA_NUM_THREADS="2")
    assert found == "[2, 1, 1, 2, 2, 2, 2]"


def test_where_nothing_can_be_kept_kernels_run_all_the_same(tmp_path: Path) -> None:
    found = outcome(tmp_path, "print((run(x) == x * 2 + 1).all())", NUMBA_CACHE_DIR="", HOME=os.devnull)
    assert found == "True"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loops.py"]


def test_launches_follow_the_engines_count() -> None:
    blas, kernels = get_num_threads(), kernel_threads.count
    for count in (1, 2):
        set_num_threads(count)
        assert threads() == min(count, configure().most_kernel_threads)
    set_num_threads(blas)
    kernel_threads.count = kernels
