"""A training that SIGKILL ends at any instant of its life goes on to the bytes of one that nothing disturbed."""

import os
import random
import signal
import subprocess
import time

import psutil
import pytest

from tests.recipes.run.conftest import Undisturbed
from tests.recipes.run.trainer import LIVES, LONG, TRUST, Trainer, same_run
from tests.recipes.tracking.run_folders import metrics_of, recorded, same_metrics

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


def finish(trainer: Trainer, life: str) -> None:
    """Go on with what is there, or anew if the kill came before there was anything."""
    answer = trainer.ml("resume", "latest", *TRUST) if trainer.runs else trainer.ml("train", *LIVES[life])
    assert answer.code == 0, answer.error


@pytest.mark.slow
@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("instant", INSTANTS, ids=[f"at {instant:.0%}" for instant in INSTANTS])
def test_killed_at_a_random_instant(
    instant: float, life: str, trainer: Trainer, long_runs: dict[str, Undisturbed]
) -> None:
    undisturbed = long_runs[life]
    left = kill_after(trainer.start("train", *LIVES[life]), instant * undisturbed.seconds)
    began = time.monotonic()
    finish(trainer, life)
    assert same_run(trainer.run, undisturbed.run)
    assert psutil.wait_procs(left, max(0.0, 10 - (time.monotonic() - began)))[1] == []


@pytest.mark.slow
def test_workers_change_no_byte(long_runs: dict[str, Undisturbed]) -> None:
    assert same_run(long_runs["with two workers"].run, long_runs["without workers"].run)


@pytest.mark.slow
def test_nothing_outlives_a_killed_trainer(trainer: Trainer) -> None:
    mirrored = [word for word in LONG if word != "~tracking.mlflow"]
    process = trainer.start("train", *mirrored, "data.workers=2")
    family = psutil.Process(process.pid)
    # The mirror, two workers, and what the workers were started by.
    while len(family.children(recursive=True)) < 4 or not list(trainer.run.glob("checkpoints/step-*")):
        assert process.poll() is None
        time.sleep(0.02)
    left = kill_after(process, 0.0)
    assert any("mirror" in " ".join(each.cmdline()) for each in left if each.is_running())
    assert psutil.wait_procs(left, 10)[1] == []
    answer = trainer.ml("resume", "latest")
    assert answer.code == 0, answer.error
    found = recorded(trainer.folder / "outputs" / "mlflow.db", trainer.run.name)
    assert found.status == "FINISHED"
    assert same_metrics(metrics_of(trainer.run), found.metrics)


@pytest.mark.slow
@pytest.mark.parametrize("instants", [(0.5, 0.6), (0.7, 0.45), (0.9, 0.9)])
def test_killed_again_during_the_resume(instants: tuple[float, float], trainer: Trainer, long_run: Undisturbed) -> None:
    kill_after(trainer.start("train", *LONG), instants[0] * long_run.seconds)
    if trainer.runs:
        kill_after(trainer.start("resume", "latest"), instants[1] * long_run.seconds)
    finish(trainer, "without workers")
    assert same_run(trainer.run, long_run.run)
