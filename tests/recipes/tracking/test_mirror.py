"""The mirror on a real sqlite database: everything arrives, once, whatever happens in between."""

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from recipes.tracking import (
    JSONLTracker,
    MetricsFile,
    MirrorProcess,
    MLflowMirror,
    Tracker,
    TrackingError,
    read_record,
    sync,
    write_confusion_matrix,
)
from tests.recipes.tracking.run_folders import (
    make_run,
    metrics_of,
    mirrors_of,
    recorded,
    same_metrics,
    wait_until,
    write_status,
)

TRAIN_FOREVER = """
import sys, time
from pathlib import Path
from recipes.tracking import JSONLTracker, MLflowMirror
trackers = [JSONLTracker(), MLflowMirror()]
for tracker in trackers:
    tracker.start(Path(sys.argv[1]))
for step in range(10**6):
    for tracker in trackers:
        tracker.log(step, step / 100, {"train/loss": 1 / (step + 1), "train/accuracy": step / 10**6})
    time.sleep(0.01)
"""


def log_of(folder: Path) -> str:
    path = folder / "mirror.log"
    return path.read_text() if path.exists() else ""


def log(folder: Path, steps: range) -> None:
    with MetricsFile(folder / "metrics.jsonl") as file:
        for step in steps:
            file.log(step, step / 10, {"train/loss": 1 / (step + 1), "val/accuracy": step / 1000})


@pytest.fixture
def hostile_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose contents would break whoever imported or used them, and a shell that points elsewhere."""
    folder = tmp_path / "hostile"
    for name in ("recipes", "mlflow", "numpy", "yaml", "mlruns"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('imported from the working folder')\n")
    (folder / "json.py").write_text("raise SystemExit('imported from the working folder')\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    return folder


def test_a_run_arrives_whole_and_a_resumed_one_goes_on_in_the_same_place(tmp_path: Path, hostile_folder: Path) -> None:
    folder = make_run(tmp_path / "outputs")
    database = tmp_path / "outputs" / "mlflow.db"
    before = {path.name for path in hostile_folder.iterdir()}

    trackers: list[Tracker] = [JSONLTracker(), MLflowMirror()]
    for tracker in trackers:
        tracker.start(folder)
    for tracker in trackers:
        tracker.log(0, 0.0, {"train/loss": math.nan, "up": math.inf, "down": -math.inf, "odd (name)": 1.0})
        tracker.log(1, 1.0, {"train/loss": 0.1 + 0.2})
        tracker.sync()
    write_confusion_matrix([[9, 1], [2, 8]], ["cat", "dog"], folder)
    write_status(folder, "preempted")
    assert [tracker.end("preempted") for tracker in trackers] == [None, None]

    run = recorded(database, folder.name)
    assert (run.status, run.tags["galley.status"]) == ("KILLED", "preempted")
    ours = [(name.replace("odd (name)", "odd _name_"), step, value) for name, step, value in metrics_of(folder)]
    assert same_metrics(ours, run.metrics)
    assert run.parameters == {
        "model._target_": "recipes.models.mlp.MLP",
        "model.widths": "[64, 32]",
        "optimizer.lr": "0.001",
        "optimizer.nesterov": "false",
        "optimizer.note": "null",
        "seed": "7",
    }
    assert run.tags["mlflow.source.git.commit"] == "c0ffee"
    assert run.tags["mlflow.source.name"] == "ml train"
    picture = run.artifacts / "confusion_matrix.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in run.artifacts.iterdir()} == {
        "config.yaml", "overrides.txt", "env.json", "confusion_matrix.json", "confusion_matrix.png",
    }  # fmt: skip
    record = read_record(folder)
    assert record.complete
    assert record.uri is None

    # Resume: the config has a changed value, the metrics of the last steps are logged again.
    (folder / "config.yaml").write_text("seed: 8\nnew: 1\n")
    write_status(folder, "running")
    for tracker in trackers:
        tracker.start(folder)
    for tracker in trackers:
        tracker.log(1, 1.0, {"train/loss": 0.1 + 0.2})
        tracker.log(2, 2.0, {"train/loss": 0.25})
    write_status(folder, "finished")
    assert [tracker.end("finished") for tracker in trackers] == [None, None]

    run = recorded(database, folder.name)
    assert (run.status, run.tags["galley.status"]) == ("FINISHED", "finished")
    assert [value for name, _, value in run.metrics if name == "train/loss"][1:] == [0.1 + 0.2, 0.25]
    assert len(run.metrics) == 6
    assert (run.parameters["seed"], run.parameters["new"]) == ("7", "1")
    assert read_record(folder).run_id == record.run_id
    assert {path.name for path in hostile_folder.iterdir()} == before
    assert not (folder / "mlruns").exists()


def test_a_trainer_that_is_killed_is_recorded_and_leaves_no_process(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    trainer = subprocess.Popen([sys.executable, "-c", TRAIN_FOREVER, str(folder)])
    assert wait_until(lambda: read_record(folder).run_id is not None, 60)
    time.sleep(1.0)
    assert recorded(tmp_path / "mlflow.db", folder.name).status == "RUNNING"
    trainer.send_signal(signal.SIGKILL)
    trainer.wait()
    assert wait_until(lambda: not mirrors_of(folder), 10)
    run = recorded(tmp_path / "mlflow.db", folder.name)
    assert (run.status, run.tags["galley.status"]) == ("KILLED", "killed")
    assert len(run.metrics) > 100
    assert same_metrics(metrics_of(folder), run.metrics)


def test_syncing_twice_adds_nothing_and_a_lost_record_makes_no_second_run(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    log(folder, range(1500))
    sync(folder, status="killed")
    once = recorded(tmp_path / "mlflow.db", folder.name)
    assert once.status == "KILLED"
    assert same_metrics(metrics_of(folder), once.metrics)
    (folder / "mlflow.json").unlink()
    # A power failure can take the file's tail; the resumed run logs the same steps again, at another time.
    (folder / "metrics.jsonl").unlink()
    log(folder, range(1500))
    write_status(folder, "finished")
    sync(folder)
    again = recorded(tmp_path / "mlflow.db", folder.name)
    assert again.status == "FINISHED"
    assert sorted(again.metrics) == sorted(once.metrics)
    assert (again.parameters, again.artifacts) == (once.parameters, once.artifacts)


def test_a_server_that_is_down_neither_slows_nor_ends_a_run(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    trackers: list[Tracker] = [JSONLTracker(), MLflowMirror(uri="http://127.0.0.1:9", wait=0.2)]
    started = time.monotonic()
    for tracker in trackers:
        tracker.start(folder)
    for step in range(1000):
        for tracker in trackers:
            tracker.log(step, step / 100, {"train/loss": 1.0})
    assert trackers[0].end("finished") is None
    left = trackers[1].end("finished")
    assert time.monotonic() - started < 2.0
    assert left is not None
    assert left.startswith("MLflow does not have all of this run")
    assert left.endswith(f"`ml runs sync {folder.name}` completes it")
    for process in mirrors_of(folder):
        process.kill()


def test_artifacts_that_find_no_place_keep_nothing_else_from_arriving(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    (tmp_path / "mlflow-artifacts").write_text("a file where the folder of artifacts should be")
    log(folder, range(3))
    write_status(folder, "finished")
    with pytest.raises(TrackingError, match=r"MLflow has every metric, but not .*config\.yaml"):
        sync(folder)
    run = recorded(tmp_path / "mlflow.db", folder.name)
    assert run.status == "FINISHED"
    assert same_metrics(metrics_of(folder), run.metrics)
    assert not read_record(folder).complete
    (tmp_path / "mlflow-artifacts").unlink()
    sync(folder)
    assert read_record(folder).complete


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "experiment" / "run"
    folder.mkdir(parents=True)
    with pytest.raises(TrackingError, match=r"holds no run\.json"):
        sync(folder)


def test_without_a_last_word_the_trainers_record_tells_how_a_run_ended(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "outputs #1 ü")
    mirror = MirrorProcess.start(folder)
    log(folder, range(3))
    write_status(folder, "diverged")
    mirror.close()
    mirror.wait(20)
    run = recorded(folder.parents[2] / "mlflow.db", folder.name)
    assert (run.status, run.tags["galley.status"]) == ("FAILED", "diverged")
    assert same_metrics(metrics_of(folder), run.metrics)


@pytest.mark.slow
def test_no_mirror_outlives_a_killed_trainer_even_if_mlflow_is_down_and_a_fork_holds_its_pipe(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    fork = "import os, time\nif os.fork() == 0: time.sleep(40); os._exit(0)\n"
    program = TRAIN_FOREVER.replace("MLflowMirror()", "MLflowMirror(uri='http://127.0.0.1:9')")
    program = program.replace("for step", fork + "for step")
    trainer = subprocess.Popen([sys.executable, "-c", program, str(folder)])
    assert wait_until(lambda: "cannot be reached" in log_of(folder), 60)
    children = [child for child in psutil.Process(trainer.pid).children() if child not in mirrors_of(folder)]
    trainer.kill()
    trainer.wait()
    assert wait_until(lambda: not mirrors_of(folder), 10)
    assert [child.is_running() for child in children] == [True]
    for child in children:
        child.kill()

    # Nobody said how the run ended: a sync finds that its trainer is gone.
    assert read_record(folder).run_id is None
    sync(folder, uri=f"sqlite:///{tmp_path}/elsewhere.db")
    run = recorded(tmp_path / "elsewhere.db", folder.name)
    assert (run.status, run.tags["galley.status"]) == ("KILLED", "killed")
    assert same_metrics(metrics_of(folder), run.metrics)


@pytest.mark.slow
def test_eight_mirrors_started_at_once_on_a_cold_folder_all_complete(tmp_path: Path) -> None:
    folders = [make_run(tmp_path, name=f"run-{number}") for number in range(8)]
    mirrors = [MirrorProcess.start(folder) for folder in folders]
    for folder, mirror in zip(folders, mirrors, strict=True):
        log(folder, range(300))
        mirror.finish("finished")
    assert [mirror.wait(90) for mirror in mirrors] == [True] * 8
    for folder, mirror in zip(folders, mirrors, strict=True):
        mirror.close()
        assert log_of(folder) == ""
        run = recorded(tmp_path / "mlflow.db", folder.name)
        assert run.status == "FINISHED"
        assert same_metrics(metrics_of(folder), run.metrics)


@pytest.mark.slow
def test_a_mirror_killed_at_any_time_leaves_what_a_sync_completes(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    log(folder, range(3000))
    write_status(folder, "finished")
    for seconds in (0.5, 1.5, 2.0, 2.5, 3.0):
        mirror = MirrorProcess.start(folder)
        time.sleep(seconds)
        for process in mirrors_of(folder):
            process.kill()
        mirror.wait(5)
        mirror.close()
    sync(folder)
    run = recorded(tmp_path / "mlflow.db", folder.name)
    assert run.status == "FINISHED"
    assert same_metrics(metrics_of(folder), run.metrics)
    assert json.loads((folder / "mlflow.json").read_bytes())["complete"]
