"""Bringing MLflow up to a run's folder, and keeping it there until the trainer is done."""

import time
from dataclasses import replace
from pathlib import Path

from recipes.tracking.jsonl import METRICS_FILE
from recipes.tracking.metrics_reader import MetricsFollower
from recipes.tracking.mirror.artifact_sender import ArtifactSender
from recipes.tracking.mirror.lifeline import Lifeline, trains_still
from recipes.tracking.mirror.metrics_sender import MetricsSender
from recipes.tracking.mirror.remote_run import RemoteRun, open_remote_run
from recipes.tracking.mirror.run_facts import read_identity, read_parameters, read_tags
from recipes.tracking.mlflow_record import Trainer, read_record, write_record

POLL_SECONDS = 1.0
LOCK_LOOK_SECONDS = 0.2


def follow(run_folder: Path, uri: str, shown_uri: str | None, lifeline: Lifeline) -> bool:
    """Send what MLflow lacks of this run, then what comes, then how it ended; True if MLflow took everything.

    Raises whatever MLflow raises; a new call asks MLflow what it has and goes on from there.
    """
    identity = read_identity(run_folder)
    record = read_record(run_folder)
    known_id = record.run_id if record.uri == shown_uri else None
    remote = open_remote_run(uri, run_folder, identity, known_id, lambda: lifeline.pause(LOCK_LOOK_SECONDS))
    record = replace(record, uri=shown_uri, experiment_id=remote.experiment_id, run_id=remote.id, complete=False)
    write_record(run_folder, record)
    if lifeline.has_trainer:
        remote.set_status("running", time.time())
    remote.set_tags(read_tags(run_folder))
    remote.log_parameters(read_parameters(run_folder))
    refused = _send_until_over(run_folder, remote, lifeline)
    status = _last_status(run_folder, lifeline, record.trainer)
    remote.set_status(status, _last_sign_of_life(run_folder))
    write_record(run_folder, replace(record, complete=not refused and status != "running"))
    if refused:
        print(f"MLflow has every metric, but not {', '.join(sorted(str(path) for path in refused))}")
    return not refused


def _send_until_over(run_folder: Path, remote: RemoteRun, lifeline: Lifeline) -> set[Path]:
    follower = MetricsFollower(run_folder / METRICS_FILE)
    metrics = MetricsSender(remote.client, remote.id)
    artifacts = ArtifactSender(remote.client, remote.id, run_folder)
    while True:
        # Asked before reading: what the trainer wrote before its last word is then surely read.
        over = lifeline.over
        metrics.send(follower.new_records())
        artifacts.send(again=over)
        if over:
            return artifacts.refused
        lifeline.pause(POLL_SECONDS)


def _last_status(run_folder: Path, lifeline: Lifeline, trainer: Trainer | None) -> str:
    """The trainer's last word, else what `run.json` says; still running without a trainer means killed."""
    status = lifeline.last_word or read_identity(run_folder).status
    if status != "running":
        return status
    gone = lifeline.has_trainer or (trainer is not None and trains_still(trainer) is False)
    return "killed" if gone else "running"


def _last_sign_of_life(run_folder: Path) -> float:
    paths = (run_folder / name for name in ("run.json", METRICS_FILE))
    return max((path.stat().st_mtime for path in paths if path.exists()), default=time.time())
