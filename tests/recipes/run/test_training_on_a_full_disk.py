"""A training whose disk is full ends with one message and its last checkpoint, and goes on once there is room."""

import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recipes.run.checkpoint_history import load_latest
from tests.recipes.run.conftest import Undisturbed
from tests.recipes.run.trainer import LONG, SHORT, ForkServer, Trainer, same_end


@pytest.fixture
def tiny_disk(trainer: Trainer) -> Iterator[Path]:
    """The folder `outputs`, on a disk of its own with room for about three checkpoints."""
    disk = trainer.folder / "outputs"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def one_message(error: str) -> str:
    assert error.count("Error: ") == 1
    assert "Traceback" not in error
    assert "not foreseen" not in error
    return error


def test_full_disk(tiny_disk: Path, trainer: Trainer, forks: ForkServer, short_run: Path) -> None:
    answer = forks.ml(trainer, "train", *SHORT, "checkpoint.keep=100", "checkpoint.every=1st")
    assert answer.code == 1
    assert "No space left on device" in one_message(answer.error)
    latest = load_latest(trainer.run / "checkpoints")
    assert latest is not None
    assert latest.refused == ()
    subprocess.run(["mount", "-o", "remount,size=60m", str(tiny_disk)], check=True)
    answer = forks.ml(trainer, "resume", "latest")
    assert answer.code == 0, answer.error
    assert same_end(trainer.run, short_run)


def test_no_room_for_a_run_at_all(tiny_disk: Path, trainer: Trainer, forks: ForkServer) -> None:
    with pytest.raises(OSError, match="No space"):
        (tiny_disk / "filler").write_bytes(bytes(700_000))
    answer = forks.ml(trainer, "train", *SHORT)
    assert answer.code == 1
    assert "No space left on device" in one_message(answer.error)
    assert trainer.runs == []


@pytest.mark.slow
def test_limit_on_file_size(trainer: Trainer, long_run: Undisturbed) -> None:
    process = trainer.start("train", *LONG)
    while not trainer.runs or not list(trainer.run.glob("checkpoints/step-*")):
        assert process.poll() is None
        time.sleep(0.02)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (30_000, 30_000))
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "File too large" in one_message(error)
    latest = load_latest(trainer.run / "checkpoints")
    assert latest is not None
    assert latest.refused == ()
    assert trainer.ml("resume", "latest").code == 0
    assert same_end(trainer.run, long_run.run)
