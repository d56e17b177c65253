"""A working folder to train in, a process that starts trainings at once, and trainings that nothing disturbed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.recipes.run.trainer import LIVES, SHORT, ForkServer, Trainer


@dataclass(frozen=True)
class Undisturbed:
    """A run that nothing disturbed, and how many seconds its process lived."""

    run: Path
    seconds: float


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Trainer]:
    trainer = Trainer(tmp_path / "folder")
    yield trainer
    trainer.close()


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    with ForkServer() as server:
        yield server


@pytest.fixture(scope="session")
def long_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Undisturbed]:
    """Each of LIVES, trained to its end."""
    found = {}
    for name, words in LIVES.items():
        trainer = Trainer(tmp_path_factory.mktemp("long"))
        began = time.monotonic()
        answer = trainer.ml("train", *words)
        assert answer.code == 0, answer.error
        found[name] = Undisturbed(trainer.run, time.monotonic() - began)
    return found


@pytest.fixture(scope="session")
def long_run(long_runs: dict[str, Undisturbed]) -> Undisturbed:
    """LONG, trained to its end without workers."""
    return long_runs["without workers"]


@pytest.fixture(scope="session")
def short_run(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Path:
    """SHORT, trained to its end."""
    trainer = Trainer(tmp_path_factory.mktemp("short"))
    answer = forks.ml(trainer, "train", *SHORT)
    assert answer.code == 0, answer.error
    return trainer.run
