"""The newest intact checkpoint is found past damaged ones, and pruning keeps what a run may still need."""

from pathlib import Path
from typing import Any

import pytest

from recipes.errors import UsageError
from recipes.run.checkpoint import Checkpoint, save_checkpoint
from recipes.run.checkpoint_folder import Metric, Pointer, read_pointer, step_folders
from recipes.run.checkpoint_history import load_best, load_latest, prune, recover


def save(folder: Path, *steps: int, **options: Any) -> None:
    for step in steps:
        save_checkpoint(folder, step, {"loop": {"step": step}}, **options)


def flip(folder: Path, step: int) -> None:
    file = folder / f"step-{step:08d}" / "state.json"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def latest(folder: Path, **options: Any) -> Checkpoint:
    found = load_latest(folder, **options)
    assert found is not None
    return found


def test_a_run_without_checkpoints_has_no_latest(tmp_path: Path) -> None:
    assert load_latest(tmp_path / "checkpoints") is None
    assert load_best(tmp_path / "checkpoints") is None
    recover(tmp_path / "checkpoints")
    assert list(tmp_path.iterdir()) == []


def test_steps_are_ordered_as_numbers(tmp_path: Path) -> None:
    save(tmp_path, 99_999_999, 100_000_000, 5)
    assert latest(tmp_path).step == 100_000_000


def test_a_damaged_newest_is_refused_by_name_and_the_one_before_used(tmp_path: Path) -> None:
    save(tmp_path, 100, 200, 300, 400)
    flip(tmp_path, 300)
    (tmp_path / "step-00000400" / "state.json").unlink()
    found = latest(tmp_path)
    assert found.step == 200
    assert [line.split(" is damaged: ")[0][-13:] for line in found.refused] == ["step-00000400", "step-00000300"]


def test_when_all_are_damaged_each_is_named(tmp_path: Path) -> None:
    save(tmp_path, 100, 200)
    flip(tmp_path, 100)
    flip(tmp_path, 200)
    with pytest.raises(UsageError, match=r"(?s)step-00000200 is damaged.*step-00000100 is damaged"):
        load_latest(tmp_path)


def test_the_last_finite_one_can_be_asked_for(tmp_path: Path) -> None:
    save(tmp_path, 100, 200)
    save(tmp_path, 300, finite=False)
    assert latest(tmp_path).step == 300
    assert latest(tmp_path, finite_only=True).step == 200


def test_prune_keeps_the_newest_the_best_and_the_last_finite(tmp_path: Path) -> None:
    save(tmp_path, 100)
    save(tmp_path, 200, best=Metric("validation/loss", 0.1))
    save(tmp_path, 300, 400)
    save(tmp_path, 500, 600, 700, finite=False)
    assert sorted(prune(tmp_path, keep_last=2)) == [100, 300, 500]
    assert list(step_folders(tmp_path)) == [700, 600, 400, 200]
    assert sorted(prune(tmp_path, keep_last=2, keep_best=False)) == [200]


def test_prune_does_not_count_damaged_ones(tmp_path: Path) -> None:
    save(tmp_path, 100, 200, 300, 400)
    flip(tmp_path, 300)
    flip(tmp_path, 400)
    assert prune(tmp_path, keep_last=2) == []
    save(tmp_path, 500, 600)
    assert sorted(prune(tmp_path, keep_last=2)) == [100, 200, 300, 400]


def test_prune_deletes_nothing_where_nothing_is_complete(tmp_path: Path) -> None:
    save(tmp_path, 100, 200)
    flip(tmp_path, 100)
    flip(tmp_path, 200)
    assert prune(tmp_path, keep_last=1) == []
    with pytest.raises(ValueError, match="keep_last"):
        prune(tmp_path, keep_last=0)


def test_the_best_is_loaded_and_missed_by_name(tmp_path: Path) -> None:
    save(tmp_path, 100, best=Metric("validation/loss", 0.1))
    save(tmp_path, 200)
    best = load_best(tmp_path)
    assert best is not None
    assert (best.step, best.best) == (100, Metric("validation/loss", 0.1))
    prune(tmp_path, keep_last=1, keep_best=False)
    with pytest.raises(UsageError, match=r"best\.json means step-00000100, which is not there"):
        load_best(tmp_path)
    save(tmp_path, 300)
    assert prune(tmp_path, keep_last=1) == [200]


def test_recover_writes_lost_or_damaged_pointers_anew(tmp_path: Path) -> None:
    save(tmp_path, 100, best=Metric("validation/loss", 0.2))
    save(tmp_path, 200, best=Metric("validation/loss", 0.1))
    save(tmp_path, 300)
    (tmp_path / "last.json").unlink()
    (tmp_path / "best.json").write_text('{"step": ')
    recover(tmp_path)
    assert read_pointer(tmp_path, "last") == Pointer(300)
    assert read_pointer(tmp_path, "best") == Pointer(200, Metric("validation/loss", 0.1))


def test_recover_points_past_damaged_ones(tmp_path: Path) -> None:
    save(tmp_path, 100, 200, best=Metric("validation/loss", 0.2))
    flip(tmp_path, 200)
    recover(tmp_path)
    assert read_pointer(tmp_path, "last") == Pointer(100)
    assert read_pointer(tmp_path, "best") == Pointer(100, Metric("validation/loss", 0.2))


def test_reading_changes_nothing_beside_a_training(tmp_path: Path) -> None:
    save(tmp_path, 100)
    being_written = tmp_path / ".step-00000200.partial-0badcafe"
    being_written.mkdir()
    latest(tmp_path)
    assert being_written.exists()
    save(tmp_path, 300)
    assert not being_written.exists()
