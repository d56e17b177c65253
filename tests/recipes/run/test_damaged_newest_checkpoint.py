"""A flipped byte in the newest checkpoint is found and told; the one before is used, and the end is the same."""

import random
from pathlib import Path

import pytest

from recipes.run.checkpoint_folder import step_folders
from recipes.run.checkpoint_history import load_latest
from tests.recipes.run.trainer import SHORT, ForkServer, Trainer, same_end


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[random.Random(path.name).randrange(len(content))] ^= 0x10
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "keep"),
    [
        ("model.safetensors", 2),
        ("state.json", 1),
        pytest.param("optimizer.safetensors", 1, marks=pytest.mark.slow),
        pytest.param("optimizer.safetensors", 2, marks=pytest.mark.slow),
    ],
)
def test_flipped_byte(name: str, keep: int, trainer: Trainer, forks: ForkServer, short_run: Path) -> None:
    # Killed in the 17th step: checkpoints stand at 10, the best, and at 14.
    assert forks.ml(trainer, "train", *SHORT, f"checkpoint.keep={keep}", at=("SIGKILL", "training", 16)).code == -9
    newest, before, *_ = step_folders(trainer.run / "checkpoints").values()
    assert (newest.name, before.name) == ("step-00000014", "step-00000010")
    flip_a_byte(newest / name)
    answer = forks.ml(trainer, "resume", "latest")
    assert answer.code == 0, answer.error
    assert "step-00000014" in answer.output
    assert name in answer.output
    assert same_end(trainer.run, short_run)


def test_checkpoint_saved_after_a_damaged_one_was_passed_over_stays(
    trainer: Trainer, forks: ForkServer, short_run: Path
) -> None:
    assert forks.ml(trainer, "train", *SHORT, "checkpoint.keep=1", at=("SIGKILL", "training", 16)).code == -9
    flip_a_byte(trainer.run / "checkpoints" / "step-00000014" / "model.safetensors")
    # Stopped two steps after step 10, so before there is a step 14 again.
    assert forks.ml(trainer, "resume", "latest", at=("SIGTERM", "training", 1)).code == 75
    latest = load_latest(trainer.run / "checkpoints")
    assert latest is not None
    assert (latest.step, latest.refused) == (12, ())
    assert (trainer.run / "checkpoints" / "step-00000014.damaged").is_dir()
    assert forks.ml(trainer, "resume", "latest").code == 0
    assert same_end(trainer.run, short_run)


def test_no_intact_checkpoint_is_told(trainer: Trainer, forks: ForkServer) -> None:
    assert forks.ml(trainer, "train", *SHORT, at=("SIGKILL", "training", 8)).code == -9
    (only,) = step_folders(trainer.run / "checkpoints").values()
    flip_a_byte(only / "model.safetensors")
    answer = forks.ml(trainer, "resume", "latest")
    assert answer.code == 2
    assert "no checkpoint is intact" in answer.error
    assert "step-00000007" in answer.error
