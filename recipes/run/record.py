"""A run's record, `run.json`: what the run is, how it stands, and every attempt at it."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from engine.backend.atomic import replace_file
from recipes.errors import GalleyError, UsageError
from recipes.run.lock import run_holder

Status = Literal["running", "finished", "failed", "diverged", "preempted", "interrupted", "killed"]

_FILE = "run.json"


@dataclass(frozen=True)
class Attempt:
    """One process's work at a run; `ended` and `exit_code` stay None while it lasts and where it was killed.

    `steps` says how many steps it `took`, how many of them were `replayed` from a recording or `recorded`, and the
    `reason` why others were not; it is empty as long as `ended` is None.
    """

    started: str
    pid: int
    host: str
    from_step: int
    status: Status = "running"
    ended: str | None = None
    exit_code: int | None = None
    steps: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRecord:
    """What `run.json` holds.

    Times are ISO 8601. `frozen` holds what decides the rounding of a step and must be the same after a resume:
    threads, BLAS core, kernel mode, whether steps are compiled.
    """

    id: str
    name: str
    experiment: str
    created: str
    status: Status = "running"
    attempts: tuple[Attempt, ...] = ()
    mlflow: dict[str, str] = field(default_factory=dict)
    parent_sweep: str | None = None
    frozen: dict[str, Any] = field(default_factory=dict)


_TEXT, _NUMBER, _NOTHING = (str,), (int,), type(None)
_ATTEMPT_TYPES = {
    "started": _TEXT,
    "pid": _NUMBER,
    "host": _TEXT,
    "from_step": _NUMBER,
    "status": _TEXT,
    "ended": (str, _NOTHING),
    "exit_code": (int, _NOTHING),
    "steps": (dict,),
}
_STEPS_TYPES = {"taken": _NUMBER, "replayed": _NUMBER, "recorded": _NUMBER, "reason": (str, _NOTHING)}
# Records from before there was such a key are read as well.
_LATER = {"steps"}
_RUN_TYPES = {
    "id": _TEXT,
    "name": _TEXT,
    "experiment": _TEXT,
    "created": _TEXT,
    "status": _TEXT,
    "attempts": (list,),
    "mlflow": (dict,),
    "parent_sweep": (str, _NOTHING),
    "frozen": (dict,),
}


def read_record(folder: Path) -> RunRecord:
    """The record of the run at `folder`; UsageError names the file where it is missing or damaged."""
    path = folder / _FILE
    try:
        content = _with_status(_checked(json.loads(path.read_bytes()), _RUN_TYPES))
        attempts = tuple(map(_attempt, content.pop("attempts")))
    except OSError as error:
        raise UsageError(f"{folder} is not a run that can be read: {path.name}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is damaged: {error}") from error
    return RunRecord(attempts=attempts, **content)


def write_record(folder: Path, record: RunRecord) -> RunRecord:
    """Put `record` in place of the one at `folder`, whole or not at all; for the process that holds the run.

    Raises GalleyError where the disk refuses; the old one still stands then.
    """
    path = folder / _FILE
    try:
        replace_file(path, json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise GalleyError(f"{path} could not be written: {error.strerror or error}") from error
    return record


def begin_attempt(folder: Path, *, from_step: int, now: datetime) -> RunRecord:
    """Note that this process now works at the run, from `from_step` on; one that never ended was killed."""
    record = read_record(folder)
    past = tuple(_buried(attempt) for attempt in record.attempts)
    attempt = Attempt(_time(now), os.getpid(), os.uname().nodename, from_step)
    return write_record(folder, replace(record, status="running", attempts=(*past, attempt)))


def end_attempt(
    folder: Path, *, status: Status, exit_code: int, now: datetime, steps: Mapping[str, Any] | None = None
) -> RunRecord:
    """Note how this process's work at the run ended."""
    record = read_record(folder)
    *past, attempt = record.attempts
    ended = replace(attempt, status=status, exit_code=exit_code, ended=_time(now), steps=dict(steps or {}))
    return write_record(folder, replace(record, status=status, attempts=(*past, ended)))


def current_status(folder: Path, record: RunRecord) -> Status:
    """How the run stands now: one that says `running` while no process holds it was killed."""
    return "killed" if record.status == "running" and run_holder(folder) is None else record.status


def _buried(attempt: Attempt) -> Attempt:
    return replace(attempt, status="killed") if attempt.status == "running" else attempt


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _attempt(content: Any) -> Attempt:
    attempt = Attempt(**_with_status(_checked(content, _ATTEMPT_TYPES)))
    if attempt.steps:
        _checked(attempt.steps, _STEPS_TYPES)
    return attempt


def _checked(content: Any, types: dict[str, tuple[type, ...]]) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError(f"{content!r} is not an object")
    if content.keys() not in (types.keys(), types.keys() - _LATER):
        raise ValueError(f"it holds the keys {', '.join(content)} where {', '.join(types)} belong")
    for key, value in content.items():
        if not isinstance(value, types[key]):
            raise ValueError(f"{key} is {value!r}, not a {types[key][0].__name__}")
    return content


def _with_status(content: dict[str, Any]) -> dict[str, Any]:
    if content["status"] not in get_args(Status):
        raise ValueError(f"status is {content['status']!r}, not one of {', '.join(get_args(Status))}")
    return content
