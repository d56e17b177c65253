"""A stop signal leaves a checkpoint and a run that goes on to the same bytes; a second interrupt is obeyed at once."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from recipes.run.checkpoint_history import load_best, load_latest
from recipes.run.record import read_record
from tests.recipes.run.conftest import Undisturbed
from tests.recipes.run.trainer import LONG, SHORT, ForkServer, Trainer, same_end, status_of

# In the first step, within an epoch, in its last step; while validating, at its end, in the final test.
MOMENTS = [("training", 0), ("training", 13), ("training", 9), ("evaluation", 0), ("evaluation", 1), ("evaluation", 6)]
# Tried in each suite; the others are slow only because they are many.
SOON = [
    ("SIGTERM", "training", 13),
    ("SIGUSR1", "evaluation", 0),
    ("SIGINT", "training", 9),
    ("SIGTERM", "evaluation", 6),
]
NOBODY = ("+tracking.mlflow._target_=recipes.tracking.MLflowMirror", "+tracking.mlflow.uri=http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("name", "moment", "number"),
    [
        pytest.param(name, *moment, marks=() if (name, *moment) in SOON else pytest.mark.slow)
        for name in ("SIGTERM", "SIGUSR1", "SIGINT")
        for moment in MOMENTS
    ],
)
def test_stopped_run_goes_on(
    name: str, moment: str, number: int, trainer: Trainer, forks: ForkServer, short_run: Path
) -> None:
    code, status = (130, "interrupted") if name == "SIGINT" else (75, "preempted")
    answer = forks.ml(trainer, "train", *SHORT, at=(name, moment, number))
    assert answer.code == code, answer.error
    assert "Traceback" not in answer.error
    assert "ml resume" in answer.output
    record = read_record(trainer.run)
    assert (record.status, record.attempts[0].status, record.attempts[0].exit_code) == (status, status, code)
    assert forks.ml(trainer, "resume", "latest").code == 0
    assert same_end(trainer.run, short_run)


def test_best_checkpoint_says_so_after_a_stop_in_the_final_test(trainer: Trainer, forks: ForkServer) -> None:
    assert forks.ml(trainer, "train", *SHORT, at=("SIGTERM", "evaluation", 6)).code == 75
    for _ in range(2):
        best = load_best(trainer.run / "checkpoints")
        assert best is not None
        assert best.best is not None
        assert (best.step, best.best.name) == (20, "validation/loss")
        assert forks.ml(trainer, "resume", "latest").code == 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 75), ("SIGINT", 130)])
def test_signal_to_every_process_of_the_job_stops_it_as_well(
    name: str, code: int, trainer: Trainer, long_run: Undisturbed
) -> None:
    process = trainer.start("train", *LONG, "data.workers=2")
    while not trainer.runs or not list(trainer.run.glob("checkpoints/step-*")):
        assert process.poll() is None
        time.sleep(0.02)
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.Signals[name])
    _, error = process.communicate(timeout=60)
    assert process.returncode == code, error
    assert "Traceback" not in error
    assert psutil.wait_procs(family, 10)[1] == []
    assert trainer.ml("resume", "latest").code == 0
    assert same_end(trainer.run, long_run.run)


def has_worker(trainer: int) -> bool:
    """Whether a worker has been started, however far it may be."""
    try:
        return any("spawn_main" in " ".join(child.cmdline()) for child in psutil.Process(trainer).children())
    except psutil.Error:
        return False


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 75), ("SIGINT", 130)])
def test_signal_to_the_job_while_its_workers_start(name: str, code: int, trainer: Trainer) -> None:
    process = trainer.start("train", *LONG, "data.workers=2")
    while not has_worker(process.pid):
        assert process.poll() is None
    os.killpg(process.pid, signal.Signals[name])
    _, error = process.communicate(timeout=30)
    assert process.returncode == code, error
    assert "Traceback" not in error
    assert status_of(trainer.run) == ("interrupted" if name == "SIGINT" else "preempted")


@pytest.mark.slow
def test_second_interrupt_waits_for_nobody(trainer: Trainer) -> None:
    process = trainer.start("train", *LONG, *NOBODY, "+tracking.mlflow.wait=60")
    while not trainer.runs or not list(trainer.run.glob("checkpoints/step-*")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    while status_of(trainer.run) == "running":
        time.sleep(0.02)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert time.monotonic() - began < 2
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert status_of(trainer.run) == "interrupted"
    assert load_latest(trainer.run / "checkpoints") is not None
