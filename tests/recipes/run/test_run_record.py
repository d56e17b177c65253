"""run.json comes back as it was written, tells each attempt's story, and is refused by name when damaged."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recipes.errors import UsageError
from recipes.run.lock import hold_run
from recipes.run.record import (
    RunRecord,
    begin_attempt,
    current_status,
    end_attempt,
    read_record,
    write_record,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECORD = RunRecord(
    "20261120-120000-abcdef",
    "a näme",
    "digits_mlp",
    NOON.isoformat(),
    mlflow={"run_id": "0af3", "experiment_id": "1"},
    parent_sweep="20261119-000000-123456",
    frozen={"threads": 2, "blas_core": "SkylakeX", "compile": False},
)

ATTEMPT = {
    "started": NOON.isoformat(),
    "pid": 3,
    "host": "here",
    "from_step": 0,
    "status": "finished",
    "ended": NOON.isoformat(),
    "exit_code": 0,
}
STEPS = {"taken": 60, "replayed": 50, "recorded": 2, "reason": "print, at model.py:3"}


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD
    begin_attempt(tmp_path, from_step=0, now=NOON)
    written = end_attempt(tmp_path, status="finished", exit_code=0, now=NOON, steps=STEPS)
    assert read_record(tmp_path) == written
    assert written.attempts[0].steps == STEPS


def test_a_record_from_before_steps_were_counted_is_read(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "attempts": [ATTEMPT]}))
    (attempt,) = read_record(tmp_path).attempts
    assert attempt.steps == {}
    assert attempt.pid == 3


def test_attempts_tell_the_story_of_a_run(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    begin_attempt(tmp_path, from_step=0, now=NOON)
    begin_attempt(tmp_path, from_step=600, now=NOON)
    end_attempt(tmp_path, status="preempted", exit_code=75, now=NOON)
    begin_attempt(tmp_path, from_step=900, now=NOON)
    record = end_attempt(tmp_path, status="finished", exit_code=0, now=NOON)
    story = [(attempt.from_step, attempt.status, attempt.exit_code) for attempt in record.attempts]
    assert story == [(0, "killed", None), (600, "preempted", 75), (900, "finished", 0)]
    assert record.status == "finished"
    assert record.attempts[0].ended is None
    assert record.attempts[2].ended == "2026-11-20T12:00:00.000+00:00"


def test_a_running_run_that_nobody_holds_was_killed(tmp_path: Path) -> None:
    record = write_record(tmp_path, RECORD)
    assert current_status(tmp_path, record) == "killed"
    with hold_run(tmp_path):
        assert current_status(tmp_path, record) == "running"
    assert current_status(tmp_path, replace(record, status="diverged")) == "diverged"


def test_a_missing_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not a run.*run\.json: No such file"):
        read_record(tmp_path)


@pytest.mark.parametrize("length", [0, 1, 100, -2])
def test_a_cut_record_is_named(length: int, tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    path = tmp_path / "run.json"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UsageError, match=r"run\.json is damaged"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "fine"}, "status is 'fine', not one of running, finished"),
        ({"name": 3}, "name is 3, not a str"),
        ({"attempts": [{}]}, "it holds the keys  where started"),
        ({"attempts": 3}, "attempts is 3"),
        ({"attempts": [{**ATTEMPT, "steps": {"taken": 3}}]}, "it holds the keys taken where taken, replayed"),
        ({"attempts": [{**ATTEMPT, "status": "odd"}]}, "status is 'odd', not one of running, finished"),
        ({"color": "red"}, "color"),
    ],
)
def test_a_record_of_another_shape_is_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_record(tmp_path, RECORD)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UsageError, match=rf"run\.json is damaged: .*{message}"):
        read_record(tmp_path)
