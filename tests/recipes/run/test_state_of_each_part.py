"""Every part with a state: changed in a checkpoint, it changes how the training ends; and nothing else is in one."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recipes.run.checkpoint import save_checkpoint
from recipes.run.checkpoint_history import load_latest
from tests.recipes.run.trainer import SHORT, ForkServer, Trainer, checkpoints, final_checkpoint, metrics

PATIENT = (
    *SHORT,
    "+callbacks.stop._target_=recipes.callbacks.EarlyStopping",
    "+callbacks.stop.patience=9",
    # Nothing is ever better: the epochs without a gain are counted.
    "+callbacks.stop.margin=100",
)
Parts = dict[str, Any]


def raised(*path: str | int, by: float = 1) -> Callable[[Parts], None]:
    """A change that adds to the number or array at a path."""

    def change(parts: Parts) -> None:
        node: Any = parts
        for name in path[:-1]:
            node = node[name]
        node[path[-1]] = node[path[-1]] + by

    return change


def stopped(parts: Parts) -> None:
    parts["loop"]["stopped"] = "enough"


CHANGES: dict[str, Callable[[Parts], None]] = {
    "model": raised("model", "layers.1.weight", by=0.01),
    "momentum": raised("optimizer", "state", 0, "momentum_buffer", by=0.01),
    "rate": raised("optimizer", "param_groups", 0, "lr", by=0.01),
    "scheduler": raised("loop", "callbacks", "scheduler", "last_epoch"),
    "step": raised("loop", "step"),
    "epoch": raised("loop", "epoch"),
    "stopped": stopped,
    "batches of the loader": raised("loop", "loader", "batches"),
    "epoch of the loader": raised("loop", "loader", "epoch"),
    "metrics": raised("loop", "metrics", "accuracy", "total"),
    "generator": raised("loop", "generator", "offset"),
    "seed of the generator": raised("loop", "generator", "seed"),
    "best checkpoint": raised("loop", "callbacks", "checkpoint", "best", "value", by=-9),
    "best of early stopping": raised("loop", "callbacks", "stop", "best", "value", by=-9),
    "patience of early stopping": raised("loop", "callbacks", "stop", "waited", by=3),
}


# Tried in each suite; the others are slow only because they are many.
SOON = ("momentum", "batches of the loader", "generator")


@pytest.fixture(scope="session")
def killed(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Path:
    """The folder of a training that was killed when its newest checkpoint was that of step 14, in its second epoch."""
    trainer = Trainer(tmp_path_factory.mktemp("killed"))
    assert forks.ml(trainer, "train", *PATIENT, at=("SIGKILL", "training", 16)).code == -9
    return trainer.folder


def end_of(folder: Path, forks: ForkServer) -> tuple[dict[str, bytes], list[tuple[str, int, float]]]:
    """What a resume leaves: the final checkpoint and all metrics."""
    trainer = Trainer(folder)
    answer = forks.ml(trainer, "resume", "latest")
    assert answer.code == 0, answer.error
    return final_checkpoint(trainer.run), metrics(trainer.run)


@pytest.fixture(scope="session")
def unchanged(tmp_path_factory: pytest.TempPathFactory, killed: Path, forks: ForkServer) -> Any:
    folder = tmp_path_factory.mktemp("unchanged") / "folder"
    shutil.copytree(killed, folder)
    return end_of(folder, forks)


def test_list_is_complete(killed: Path) -> None:
    latest = load_latest(Trainer(killed).run / "checkpoints")
    assert latest is not None
    assert latest.parts.keys() == {"model", "optimizer", "loop"}
    assert latest.parts["optimizer"].keys() == {"state", "param_groups"}
    loop = latest.parts["loop"]
    assert loop.keys() == {"step", "epoch", "stopped", "loader", "metrics", "callbacks", "generator"}
    assert loop["callbacks"].keys() == {"progress", "nan_guard", "scheduler", "stop", "checkpoint"}
    assert (loop["callbacks"]["progress"], loop["callbacks"]["nan_guard"]) == ({}, {})
    for each in ("loader", "generator"):
        assert len(loop[each]) == 2


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=() if part in SOON else pytest.mark.slow) for part in CHANGES]
)
def test_changed_part_changes_the_end(
    part: str, killed: Path, unchanged: Any, forks: ForkServer, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(killed, folder)
    kept = Trainer(folder).run / "checkpoints"
    latest = load_latest(kept)
    assert latest is not None
    assert latest.step == 14
    before = final_checkpoint(kept.parent)
    save_checkpoint(kept, 14, latest.parts)
    assert final_checkpoint(kept.parent) == before
    CHANGES[part](latest.parts)
    save_checkpoint(kept, 14, latest.parts)
    assert final_checkpoint(kept.parent) != before
    assert end_of(folder, forks) != unchanged


def test_equal_trainings_have_equal_checkpoints_wherever_and_whenever(
    short_run: Path, forks: ForkServer, tmp_path: Path
) -> None:
    trainer = Trainer(tmp_path / "another folder")
    elsewhere = (f"paths.outputs={tmp_path / 'elsewhere'}", "data.workers=0", "name=other", "--name", "a name")
    assert forks.ml(trainer, "train", *SHORT, *elsewhere).code == 0
    (run,) = (tmp_path / "elsewhere" / "runs" / "digits_mlp").glob("2*")
    assert run.name != short_run.name
    assert checkpoints(run) == checkpoints(short_run)
    for content in checkpoints(run).values():
        for private in (str(tmp_path), run.name, "a name", "elsewhere"):
            assert private.encode() not in content


def test_other_seed_gives_another_checkpoint(short_run: Path, forks: ForkServer, trainer: Trainer) -> None:
    assert forks.ml(trainer, "train", *SHORT, "seed=1").code == 0
    assert final_checkpoint(trainer.run) != final_checkpoint(short_run)


def test_clock_that_triggers_checkpoints_leaves_no_trace(short_run: Path, forks: ForkServer, trainer: Trainer) -> None:
    assert forks.ml(trainer, "train", *SHORT, "checkpoint.every=0.001min").code == 0
    assert final_checkpoint(trainer.run) == final_checkpoint(short_run)
