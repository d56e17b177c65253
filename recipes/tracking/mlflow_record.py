"""`mlflow.json` in a run's folder: where MLflow keeps the run, and who was training it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RECORD_FILE = "mlflow.json"


@dataclass(frozen=True)
class Trainer:
    """The process that trains a run: where it lives, its id, and when it started in unix seconds."""

    host: str
    pid: int
    started: float


@dataclass(frozen=True)
class MLflowRecord:
    """What is known of a run in MLflow; `uri` is None for the outputs folder's own database."""

    uri: str | None = None
    experiment_id: str | None = None
    run_id: str | None = None
    complete: bool = False
    trainer: Trainer | None = None


def read_record(run_folder: Path) -> MLflowRecord:
    """The record of a run; an empty one if MLflow was never told of it, or if the file is damaged."""
    try:
        fields: dict[str, Any] = json.loads((run_folder / RECORD_FILE).read_bytes())
        trainer = fields.pop("trainer")
        return MLflowRecord(**fields, trainer=None if trainer is None else Trainer(**trainer))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # MLflow itself knows its runs by our id, so nothing is lost with this file.
        return MLflowRecord()


def write_record(run_folder: Path, record: MLflowRecord) -> None:
    """Replace the record of a run in one step."""
    unfinished = run_folder / f".{RECORD_FILE}"
    unfinished.write_text(json.dumps(asdict(record), indent=2) + "\n")
    os.replace(unfinished, run_folder / RECORD_FILE)
