"""A training that diverges ends with 3 and one message, before NaN reaches the parameters, and keeps the batch."""

from pathlib import Path

import numpy as np

from engine.serialization.safetensors_format import read_safetensors
from recipes.run.checkpoint_history import load_latest
from tests.recipes.run.trainer import SHORT, ForkServer, Trainer, status_of


def batch_of(run: Path) -> dict[str, np.ndarray]:
    (path,) = run.glob("diverged-step-*.safetensors")
    with path.open("rb") as file:
        return read_safetensors(file)


def test_divergence(trainer: Trainer, forks: ForkServer) -> None:
    answer = forks.ml(trainer, "train", *SHORT, "optimizer.lr=1e30", "checkpoint.every=1st")
    assert answer.code == 3
    assert "Traceback" not in answer.error
    said = answer.output + answer.error
    assert said.count("the loss of step") + said.count("the gradient of") == 1
    assert "optimizer.lr=" in said
    assert status_of(trainer.run) == "diverged"
    latest = load_latest(trainer.run / "checkpoints")
    assert latest is not None
    assert latest.finite
    assert all(np.isfinite(array).all() for array in latest.parts["model"].values())
    batch = batch_of(trainer.run)
    assert batch["inputs"].shape == (128, 1, 8, 8)
    assert batch["targets"].shape == (128,)
