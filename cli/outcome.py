"""Shows how a run ended, and what can be done with it next."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.json_output import print_json
from cli.table import print_table

if TYPE_CHECKING:
    from recipes.run.outcome import Outcome


def show_outcome(outcome: "Outcome", as_json: bool) -> None:
    """Print the metrics, the run's folder and where to look next; or one line of JSON."""
    failed = outcome.status == "failed"
    if as_json:
        folder = None if outcome.folder is None else str(outcome.folder.absolute())
        for note in outcome.notes:
            click.echo(f"Error: {note}" if failed else note, err=True)
        print_json({"run": folder, "status": outcome.status, "metrics": outcome.metrics})
        return
    show_metrics(outcome.metrics)
    for note in outcome.notes:
        click.echo(f"Error: {note}" if failed else note, err=failed)
    if outcome.folder is not None:
        click.echo(f"The run {_ended(outcome.status)}: {outcome.folder}")
        if hint := _pages(outcome.folder):
            click.echo(hint)


def show_metrics(metrics: dict[str, float]) -> None:
    """Print metrics by name, if there are any."""
    if metrics:
        print_table(("metric", "value"), [(name, f"{value:.6g}") for name, value in metrics.items()])


def _ended(status: str) -> str:
    return {"preempted": "was preempted", "interrupted": "was interrupted"}.get(status, status)


def _pages(folder: Path) -> str:
    """Where MLflow shows the run."""
    # Imported here for a quick start-up.
    from recipes.tracking import read_record

    uri, outputs = read_record(folder).uri, folder.absolute().parents[2]
    if uri is not None:
        return f"Look at it in MLflow: {uri}"
    if not (outputs / "mlflow.db").exists():
        return ""
    elsewhere = "" if outputs == Path.cwd() / "outputs" else f" --outputs {outputs}"
    return f"Look at it in a browser: {_this_command()} ui{elsewhere}"


def _this_command() -> str:
    """How `ml` is called again: by the path that it was called by, where the shell would find none or another."""
    called, found = Path(sys.argv[0]), shutil.which("ml")
    if called.name != "ml" or not called.is_file() or (found and called.samefile(found)):
        return "ml"
    return shlex.quote(str(called))
