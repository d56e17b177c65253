"""Trains in processes of their own, as a person does, and reads what a run left behind."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from recipes.run.checkpoint_folder import step_folders
from recipes.run.folder import list_runs
from recipes.run.record import read_record
from recipes.tracking import read_metrics

ROOT = Path(__file__).parents[3]

# All whose state a resume must bring back: shuffling, dropout, momentum, a schedule, checkpoints within an epoch.
STATEFUL = (
    "config=digits_mlp",
    "device=cpu",
    "optimizer=sgd",
    "optimizer.lr=0.05",
    "model.dropout=0.2",
    "scheduler=one_cycle",
    "checkpoint.every=7st",
    "~tracking.mlflow",
)
TRUST = ("--trust", "tests")
# And what differs from step to step: lengths, a short last batch; and statistics of batches.
VARIED = (
    *STATEFUL,
    "compile=on",
    "model._target_=tests.recipes.run.varied_parts.RowReader",
    "model.in_features=8",
    "model.hidden=[16]",
    "~model.activation",
    "+data.transforms.rows._target_=tests.recipes.run.varied_parts.FirstRows",
    "epochs=6",
    "data.batch_size=16",
    *TRUST,
)
# 6 epochs of 79 steps: long enough for an instant to fall anywhere.
LONG = (*STATEFUL, "epochs=6", "data.batch_size=16")
# Trainings that are killed at random instants.
LIVES = {
    "without workers": LONG,
    "with two workers": (*LONG, "data.workers=2"),
    "of varied steps": VARIED,
}
# 2 epochs of 10 steps: short enough for many.
SHORT = (*STATEFUL, "epochs=2", "data.batch_size=128")


def environment() -> dict[str, str]:
    """The test's own, with the checkout for Python to find, and without what would lead `ml` elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GALLEY", "MLFLOW"))}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it said."""

    code: int
    output: str
    error: str


class Trainer:
    """`ml` in a working folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command in a session of its own, and let it run."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *words],
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        """End what a test that failed has left."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def ml(self, *words: str, timeout: float = 100.0) -> Answer:
        """Run a command to its end."""
        process = self.start(*words)
        output, error = process.communicate(timeout=timeout)
        return Answer(process.returncode, output, error)

    @property
    def runs(self) -> list[Path]:
        """Every run's folder, newest first."""
        return list_runs(self.folder / "outputs")

    @property
    def run(self) -> Path:
        """The only run's folder."""
        (folder,) = self.runs
        return folder


class ForkServer:
    """Runs `ml` in children of a process that has imported everything, and disturbs them at exact moments."""

    def __init__(self) -> None:
        program = [sys.executable, "-P", str(Path(__file__).with_name("fork_server.py"))]
        self.process = subprocess.Popen(program, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ml(self, trainer: Trainer, *words: str, at: tuple[str, str, int] | None = None) -> Answer:
        """Run a command to its end; `at` is a signal, a moment of fork_server.py and which of these moments."""
        request: dict[str, Any] = {"folder": str(trainer.folder), "words": words}
        if at is not None:
            request |= {"signal": at[0], "moment": at[1], "number": at[2]}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        code = json.loads(self.process.stdout.readline())["code"]
        return Answer(code, *((trainer.folder / name).read_text() for name in ("out.txt", "err.txt")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.communicate()


def status_of(run: Path) -> str:
    """What the record says."""
    return read_record(run).status


def checkpoints(run: Path) -> dict[str, bytes]:
    """Every file below the run's checkpoints, pointers included."""
    folder = run / "checkpoints"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def final_checkpoint(run: Path) -> dict[str, bytes]:
    """The files of the newest checkpoint."""
    newest = next(iter(step_folders(run / "checkpoints").values()))
    return {f"{newest.name}/{path.name}": path.read_bytes() for path in newest.iterdir()}


def metrics(run: Path) -> list[tuple[str, int, float]]:
    """Every metric of `metrics.jsonl` in the file's order of names and steps."""
    found = [
        (name, record.step, value)
        for record in read_metrics(run / "metrics.jsonl")
        for name, value in record.metrics.items()
    ]
    return sorted(found)


def same_end(run: Path, undisturbed: Path) -> bool:
    """Whether a run ended as another did: every byte of the final checkpoint, and each metric once."""
    assert status_of(run) == status_of(undisturbed) == "finished"
    assert metrics(run) == metrics(undisturbed)
    found, expected = final_checkpoint(run), final_checkpoint(undisturbed)
    assert sorted(found) == sorted(expected)
    assert [name for name in found if found[name] != expected[name]] == []
    return True


def same_run(run: Path, undisturbed: Path) -> bool:
    """Whether a run that was killed is the other: all its checkpoints too, the best and the pointers."""
    assert same_end(run, undisturbed)
    found, expected = checkpoints(run), checkpoints(undisturbed)
    assert sorted(found) == sorted(expected)
    assert [name for name in found if found[name] != expected[name]] == []
    return True
