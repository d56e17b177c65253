"""A process that dies at any write, fsync or rename leaves the old state or the new, and `recover` makes it exact."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recipes.run.checkpoint import save_checkpoint
from recipes.run.checkpoint_folder import Metric
from recipes.run.checkpoint_history import load_latest, prune, recover
from recipes.run.record import RunRecord, begin_attempt, read_record, write_record

PROGRAM = Path(__file__).with_name("kill_at_each_operation.py")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def parts(seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    weight = random.standard_normal((4, 3), np.float32)
    return {
        "model": {"weight": weight},
        "optimizer": {"state": {0: {"moment": weight * 2, "step": seed}}},
        "loop": {"epoch": seed},
    }


def save_next(folder: Path) -> None:
    save_checkpoint(folder, 200, parts(2), best=Metric("validation/accuracy", 0.5))


def save_same_step_anew(folder: Path) -> None:
    save_checkpoint(folder, 100, parts(3), best=Metric("validation/accuracy", 0.75))


def prune_to_one(folder: Path) -> None:
    prune(folder, keep_last=1)


def recover_all(folder: Path) -> None:
    recover(folder)


def begin(folder: Path) -> None:
    begin_attempt(folder, from_step=7, now=NOON)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def killed_at_each(action: Any, before: Path, killed: Path) -> list[Path]:
    """The folders left by an action that died at each operation; the last is that of the one that came through."""
    command = [sys.executable, str(PROGRAM), __file__, action.__name__, str(before), str(killed)]
    # One thread: it forks.
    root = Path(__file__).parents[3]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, env=environment, check=True, timeout=100)
    return sorted(killed.iterdir(), key=lambda folder: int(folder.name))


@pytest.fixture
def one_checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "before"
    save_checkpoint(folder, 100, parts(1), best=Metric("validation/accuracy", 0.25))
    return folder


@pytest.mark.parametrize("action", [save_next, save_same_step_anew])
def test_a_save_leaves_the_old_checkpoint_or_the_new(action: Any, one_checkpoint: Path, tmp_path: Path) -> None:
    *killed, whole = killed_at_each(action, one_checkpoint, tmp_path / "killed")
    old, new = contents(one_checkpoint), contents(whole)
    assert old != new
    # 3 files and 2 pointers, each opened, written and synced, and the folders.
    assert len(killed) > 20
    seen = set()
    for folder in killed:
        latest = load_latest(folder)
        assert latest is not None
        assert latest.refused == ()
        epoch = latest.parts["loop"]["epoch"]
        recover(folder)
        assert contents(folder) == (old if epoch == 1 else new)
        action(folder)
        assert contents(folder) == new
        seen.add(epoch)
    assert len(seen) == 2


def test_a_first_save_leaves_nothing_or_a_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    *killed, whole = killed_at_each(save_next, tmp_path / "before", tmp_path / "killed")
    for folder in killed:
        latest = load_latest(folder)
        recover(folder)
        assert contents(folder) == ({} if latest is None else contents(whole))


def test_a_kill_during_the_recovery_from_a_kill_loses_nothing(one_checkpoint: Path, tmp_path: Path) -> None:
    killed = killed_at_each(save_same_step_anew, one_checkpoint, tmp_path / "killed")
    between = [folder for folder in killed if not (folder / "step-00000100").exists()]
    assert between, "no kill fell between the two renames"
    for folder in killed_at_each(recover_all, between[-1], tmp_path / "killed-again"):
        latest = load_latest(folder)
        assert latest is not None
        assert latest.parts["loop"]["epoch"] == 1
        recover(folder)
        assert contents(folder) == contents(one_checkpoint)


def test_a_prune_leaves_no_checkpoint_half_deleted(one_checkpoint: Path, tmp_path: Path) -> None:
    for step in (200, 300, 400):
        save_checkpoint(one_checkpoint, step, parts(step))
    *killed, whole = killed_at_each(prune_to_one, one_checkpoint, tmp_path / "killed")
    assert len(killed) > 5
    for folder in killed:
        for path in folder.glob("step-*"):
            names = {"loop": "state.json", "model": "model.safetensors", "optimizer": "optimizer.safetensors"}
            assert {entry.name for entry in path.iterdir()} == set(names.values())
        latest = load_latest(folder)
        assert latest is not None
        assert latest.step == 400
        prune_to_one(folder)
        assert contents(folder) == contents(whole)


def test_an_update_of_the_record_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    old = write_record(before, RunRecord("20261120-120000-abcdef", "digits", "digits_mlp", NOON.isoformat()))
    *killed, whole = killed_at_each(begin, before, tmp_path / "killed")
    assert read_record(whole).attempts[0].from_step == 7
    seen = set()
    for folder in killed:
        record = read_record(folder)
        assert record == old or record.attempts[0].from_step == 7
        seen.add(len(record.attempts))
    assert seen == {0, 1}
