"""`ml runs`: listed, shown and sent to MLflow."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from recipes.run.checkpoint_folder import Metric, Pointer, write_pointer
from recipes.run.folder import create_run_folder
from recipes.run.lock import hold_run
from recipes.run.record import RunRecord, begin_attempt, end_attempt, write_record
from recipes.tracking import MetricsFile
from tests.cli.conftest import Ml
from tests.recipes.tracking.run_folders import metrics_of, recorded, same_metrics

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
ONE = datetime(2026, 11, 20, 13, 0, 0, tzinfo=UTC)


def make_run(outputs: Path, when: datetime, name: str = "", ended: bool = True) -> Path:
    """A run with two epochs of metrics and a best checkpoint, by the functions that a training uses."""

    def fill(folder: Path, identity: str) -> None:
        write_record(folder, RunRecord(identity, name or identity, "digits_mlp", when.isoformat()))
        (folder / "config.yaml").write_text("optimizer: {lr: 0.5}\n")
        (folder / "overrides.txt").write_text("optimizer.lr=0.5\nepochs=2\n")

    folder = create_run_folder(outputs, "digits_mlp", when, fill)
    begin_attempt(folder, from_step=0, now=when)
    (folder / "checkpoints").mkdir()
    write_pointer(folder / "checkpoints", "last", Pointer(46))
    write_pointer(folder / "checkpoints", "best", Pointer(23, Metric("validation/accuracy", 0.96875)))
    with MetricsFile(folder / "metrics.jsonl") as metrics:
        metrics.log(23, 1.0, {"validation/accuracy": 0.96875, "train/loss": 0.5})
        metrics.log(46, 2.0, {"validation/accuracy": 0.9375, "train/loss": 0.25})
        metrics.log(46, 2.0, {"test/accuracy": 0.953125})
    if ended:
        steps = {"taken": 46, "replayed": 40, "recorded": 2, "reason": "print, at model.py:3"}
        end_attempt(folder, status="finished", exit_code=0, now=when, steps=steps)
    return folder


def test_no_runs_yet(ml: Ml) -> None:
    code, output, _ = ml("runs", "ls")
    assert code == 0
    assert "no runs in outputs/runs yet: `ml train config=digits_mlp` makes one" in output


def test_runs_are_listed_newest_first(ml: Ml, tmp_path: Path) -> None:
    older = make_run(tmp_path / "outputs", NOON)
    newer = make_run(tmp_path / "outputs", ONE, name="wide")
    _, output, _ = ml("runs", "ls")
    rows = [line.split() for line in output.splitlines()[1:]]
    assert rows == [
        [newer.name, "digits_mlp", "wide", "finished", "46", "validation/accuracy", "0.9688"],
        [older.name, "digits_mlp", "finished", "46", "validation/accuracy", "0.9688"],
    ]


def test_run_that_nobody_holds_was_killed(ml: Ml, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "outputs", NOON, ended=False)
    assert " killed " in ml("runs", "ls")[1]
    with hold_run(folder):
        assert " running " in ml("runs", "ls")[1]


def test_damaged_run_keeps_nobody_from_seeing_the_others(ml: Ml, tmp_path: Path) -> None:
    (make_run(tmp_path / "outputs", NOON) / "run.json").write_text("{")
    make_run(tmp_path / "outputs", ONE)
    code, output, _ = ml("runs", "ls")
    assert code == 0
    assert " finished " in output.splitlines()[1]
    assert " damaged " in output.splitlines()[2]


def test_outputs_lie_elsewhere(ml: Ml, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "elsewhere", NOON)
    assert folder.name in ml("runs", "ls", "--outputs", str(tmp_path / "elsewhere"))[1]
    assert folder.name in ml("runs", "show", "latest", "--outputs", str(tmp_path / "elsewhere"))[1]


@pytest.mark.parametrize("reference", ["latest", "20261120-13", "path"])
def test_run_is_shown_by_any_reference(ml: Ml, tmp_path: Path, reference: str) -> None:
    make_run(tmp_path / "outputs", NOON)
    folder = make_run(tmp_path / "outputs", ONE, name="wide")
    code, output, _ = ml("runs", "show", str(folder) if reference == "path" else reference)
    assert code == 0
    lines = [" ".join(line.split()) for line in output.splitlines()]
    for expected in (
        f"run {folder.name}",
        "name wide",
        "status finished",
        "not compiled print, at model.py:3",
        "overrides optimizer.lr=0.5 epochs=2",
        "attempt started ended from step compiled status exit code process",
        "best step 23, validation/accuracy 0.96875",
        "test/accuracy 0.953125",
        "train/loss 0.25",
        "validation/accuracy 0.9375",
    ):
        assert expected in lines
    assert " 42 of 46 steps  finished " in output


def test_unknown_run_is_refused_and_the_newest_are_named(ml: Ml, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "outputs", NOON)
    code, output, error = ml("runs", "show", "2025")
    assert (code, output) == (2, "")
    assert folder.name in error


def test_nothing_to_sync(ml: Ml) -> None:
    assert ml("runs", "sync") == (0, "MLflow has everything.\n", "")


def test_sync_refuses_what_is_no_place_for_mlflow(ml: Ml, tmp_path: Path) -> None:
    make_run(tmp_path / "outputs", NOON)
    code, _, error = ml("runs", "sync", "latest", "--uri", "mlflow.db")
    assert code == 2
    assert "no place where MLflow can be" in error


@pytest.mark.slow
def test_sync_brings_mlflow_up_to_all_runs_once(ml: Ml, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    folders = [make_run(outputs, NOON), make_run(outputs, ONE)]
    held = make_run(outputs, ONE, ended=False)
    with hold_run(held):
        code, output, error = ml("runs", "sync")
    assert (code, error) == (0, "")
    assert sorted(output.splitlines()) == sorted(f"digits_mlp/{each.name}: MLflow has everything" for each in folders)
    for folder in folders:
        assert same_metrics(metrics_of(folder), recorded(outputs / "mlflow.db", folder.name).metrics)
    with hold_run(held):
        assert ml("runs", "sync") == (0, "MLflow has everything.\n", "")
    assert "complete" in ml("runs", "show", folders[0].name)[1]
