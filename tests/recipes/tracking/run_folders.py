"""Run folders as a trainer makes them, and what MLflow's database really holds."""

import json
import math
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from recipes.tracking import read_metrics
from recipes.tracking.mirror_process import PROGRAM

CONFIG = """\
model: {_target_: recipes.models.mlp.MLP, widths: [64, 32]}
optimizer: {lr: 0.001, nesterov: false, note: null}
seed: 7
"""


def make_run(outputs: Path, name: str = "20261120-1200-abc123", experiment: str = "digits_mlp") -> Path:
    """A run's folder with the files that a trainer writes before its first step."""
    folder = outputs / "runs" / experiment / name
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "overrides.txt").write_text("optimizer.lr=0.001\n")
    (folder / "env.json").write_text(json.dumps({"git": {"commit": "c0ffee"}, "command": ["ml", "train"]}))
    write_status(folder, "running")
    return folder


def write_status(folder: Path, status: str) -> None:
    fields = {"id": folder.name, "name": folder.name, "experiment": folder.parent.name, "status": status}
    (folder / "run.json").write_text(json.dumps(fields | {"attempts": []}))


@dataclass(frozen=True)
class Recorded:
    """What MLflow's database holds of one run."""

    status: str
    metrics: list[tuple[str, int, float]]
    parameters: dict[str, str]
    tags: dict[str, str]
    artifacts: Path


def recorded(database: Path, run_name: str) -> Recorded:
    """The one run of this name, read by SQL: a second reader that shares no code with the mirror."""
    connection = sqlite3.connect(database)
    try:
        rows = connection.execute(
            "select run_uuid, status, artifact_uri from runs where name = ? and lifecycle_stage = 'active'", (run_name,)
        ).fetchall()
        assert len(rows) == 1, f"{len(rows)} runs are called {run_name}"
        run_id, status, artifacts = rows[0]

        def of_run(columns: str, table: str) -> list[tuple]:
            return connection.execute(f"select {columns} from {table} where run_uuid = ?", (run_id,)).fetchall()

        metrics = [
            (key, step, math.nan if is_nan else value)
            for key, step, value, is_nan in of_run("key, step, value, is_nan", "metrics")
        ]
        parameters, tags = dict(of_run("key, value", "params")), dict(of_run("key, value", "tags"))
        return Recorded(status, metrics, parameters, tags, Path(artifacts.removeprefix("file://")))
    finally:
        connection.close()


def metrics_of(folder: Path) -> list[tuple[str, int, float]]:
    """Every metric of a run's metrics file, as `recorded` lists them."""
    return [
        (name, record.step, value)
        for record in read_metrics(folder / "metrics.jsonl")
        for name, value in record.metrics.items()
    ]


def same_metrics(ours: list[tuple[str, int, float]], theirs: list[tuple[str, int, float]]) -> bool:
    """Whether both hold the same values, none twice; MLflow keeps an infinity as the largest float."""
    largest = sys.float_info.max

    def plain(metrics: list[tuple[str, int, float]]) -> list[tuple[str, int, str]]:
        return sorted((name, step, repr(max(-largest, min(largest, value)))) for name, step, value in metrics)

    return plain(ours) == plain(theirs)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true within this many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def mirrors_of(folder: Path) -> list[psutil.Process]:
    """The mirror processes of a run."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        command = process.info["cmdline"] or []
        if str(PROGRAM) in command and str(folder) in command and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found
