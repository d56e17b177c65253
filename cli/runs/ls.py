"""`ml runs ls`: a line a run."""

from pathlib import Path

import click

from cli.parameters import outputs_option
from cli.table import print_table


@click.command(short_help="List the runs, newest first.")
@outputs_option
def ls(outputs: Path) -> None:
    """List the runs, newest first, each with the metric of its best checkpoint.

    \b
    ml runs ls
    ml runs ls --outputs /data/outputs
    """
    # Imported here for a quick start-up.
    from recipes.run.folder import list_runs

    folders = list_runs(outputs)
    if not folders:
        click.echo(f"There are no runs in {outputs / 'runs'} yet: `ml train config=digits_mlp` makes one.")
        return
    print_table(("run", "experiment", "name", "status", "step", "best"), [_row(folder) for folder in folders])


def _row(folder: Path) -> tuple[str, ...]:
    # Imported here for a quick start-up.
    from recipes.errors import UsageError
    from recipes.run.checkpoint_folder import read_pointer
    from recipes.run.record import current_status, read_record

    last, best = (read_pointer(folder / "checkpoints", which) for which in ("last", "best"))
    try:
        record = read_record(folder)
        name, status = record.name, str(current_status(folder, record))
    except UsageError:
        # One damaged run keeps nobody from seeing the others.
        name, status = "", "damaged"
    metric = best.metric if best else None
    return (
        folder.name,
        folder.parent.name,
        "" if name == folder.name else name,
        status,
        str(last.step) if last else "",
        f"{metric.name} {metric.value:.4g}" if metric else "",
    )
