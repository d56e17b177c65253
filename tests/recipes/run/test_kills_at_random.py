"""A training that SIGKILL ends at any instant of its life goes on to the bytes of one that nothing disturbed."""

import os
import random
import signal
import subprocess
import time

import psutil
import pytest

from tests.recipes.run.conftest import Undisturbed
from tests.recipes.run.trainer import LONG, Trainer, same_run

KILLS = 20
# One in each twentieth of the life, at random within it: the start-up, validation and the final test get theirs.
INSTANTS = [(number + random.Random(number).random()) / KILLS for number in range(KILLS)]


def kill_after(process: "subprocess.Popen[str]", seconds: float) -> list[psutil.Process]:
    """Kill the trainer alone; returns those that it leaves behind."""
    time.sleep(seconds)
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return children


def finish(trainer: Trainer, workers: str) -> None:
    """Go on with what is there, or anew if the kill came before there was anything."""
    answer = trainer.ml("resume", "latest") if trainer.runs else trainer.ml("train", *LONG, workers)
    assert answer.code == 0, answer.error


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["data.workers=0", "data.workers=2"])
@pytest.mark.parametrize("instant", INSTANTS, ids=[f"at {instant:.0%}" for instant in INSTANTS])
def test_killed_at_a_random_instant(instant: float, workers: str, trainer: Trainer, long_run: Undisturbed) -> None:
    process = trainer.start("train", *LONG, workers)
    left = kill_after(process, instant * long_run.seconds)
    began = time.monotonic()
    finish(trainer, workers)
    assert same_run(trainer.run, long_run.run)
    assert psutil.wait_procs(left, max(0.0, 10 - (time.monotonic() - began)))[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("instants", [(0.5, 0.6), (0.7, 0.45), (0.9, 0.9)])
def test_killed_again_during_the_resume(instants: tuple[float, float], trainer: Trainer, long_run: Undisturbed) -> None:
    kill_after(trainer.start("train", *LONG), instants[0] * long_run.seconds)
    if trainer.runs:
        kill_after(trainer.start("resume", "latest"), instants[1] * long_run.seconds)
    finish(trainer, "data.workers=0")
    assert same_run(trainer.run, long_run.run)
