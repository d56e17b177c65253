"""`ml runs show`: all that is known of one run."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from cli.outcome import show_metrics
from cli.parameters import outputs_option, run_argument
from cli.table import print_table


@click.command(short_help="Show one run.")
@run_argument
@outputs_option
def show(reference: str, outputs: Path) -> None:
    """Show a run: how it stands, each attempt at it, its checkpoints and the last value of each metric.

    RUN is a run's folder, the beginning of its id, or `latest`.

    \b
    ml runs show latest
    """
    # Imported here for a quick start-up.
    from recipes.run.folder import find_run

    folder = find_run(reference, outputs)
    facts = list(_facts(folder))
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        click.echo(f"{name:{width}}  {value}")
    click.echo()
    _show_attempts(folder)
    metrics = _last_metrics(folder)
    if metrics:
        click.echo()
        show_metrics(metrics)


def _facts(folder: Path) -> Iterator[tuple[str, str]]:
    # Imported here for a quick start-up.
    from recipes.run.checkpoint_folder import read_pointer, step_folders
    from recipes.run.record import current_status, read_record
    from recipes.tracking import read_record as read_mlflow_record

    record = read_record(folder)
    yield "run", record.id
    yield "experiment", record.experiment
    if record.name != record.id:
        yield "name", record.name
    yield "status", current_status(folder, record)
    reasons = dict.fromkeys(attempt.steps["reason"] for attempt in record.attempts if attempt.steps)
    if told := [reason for reason in reasons if reason]:
        yield "not compiled", "; ".join(told)
    yield "created", record.created
    yield "folder", str(folder)
    overrides = folder / "overrides.txt"
    if overrides.is_file() and (text := overrides.read_text(encoding="utf-8").strip()):
        yield "overrides", " ".join(text.splitlines())
    checkpoints = folder / "checkpoints"
    yield "checkpoints", ", ".join(str(step) for step in sorted(step_folders(checkpoints))) or "none"
    best = read_pointer(checkpoints, "best")
    if best:
        yield "best", f"step {best.step}" + (f", {best.metric.name} {best.metric.value:.6g}" if best.metric else "")
    mirrored = read_mlflow_record(folder)
    if mirrored.run_id:
        complete = "complete" if mirrored.complete else "not complete: ml runs sync"
        yield "mlflow", f"{mirrored.uri or 'the outputs folder'}, run {mirrored.run_id}, {complete}"


def _compiled(steps: Mapping[str, Any]) -> str:
    """How many of an attempt's steps ran compiled; the recording ones did what the others repeat."""
    return f"{steps['replayed'] + steps['recorded']} of {steps['taken']} steps" if steps else ""


def _show_attempts(folder: Path) -> None:
    # Imported here for a quick start-up.
    from recipes.run.record import read_record

    headings = ("attempt", "started", "ended", "from step", "compiled", "status", "exit code", "process")
    rows = [
        (
            str(number),
            attempt.started,
            attempt.ended or "",
            str(attempt.from_step),
            _compiled(attempt.steps),
            attempt.status,
            "" if attempt.exit_code is None else str(attempt.exit_code),
            f"{attempt.pid} on {attempt.host}",
        )
        for number, attempt in enumerate(read_record(folder).attempts, start=1)
    ]
    print_table(headings, rows)


def _last_metrics(folder: Path) -> dict[str, float]:
    """The last value of each metric."""
    # Imported here for a quick start-up.
    from recipes.tracking import METRICS_FILE, read_metrics

    last: dict[str, float] = {}
    for record in read_metrics(folder / METRICS_FILE):
        last.update(record.metrics)
    return dict(sorted(last.items()))
