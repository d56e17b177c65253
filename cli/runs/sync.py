"""`ml runs sync`: bring MLflow up to runs."""

from pathlib import Path

import click

from cli.parameters import outputs_option


@click.command(short_help="Send to MLflow what it lacks.")
@click.argument("reference", metavar="[RUN]", required=False)
@outputs_option
@click.option("--uri", metavar="URI", help="Where MLflow is; by default where each run was mirrored to.")
def sync(reference: str | None, outputs: Path, uri: str | None) -> None:
    """Send to MLflow what it lacks of a run, nothing twice; without RUN of all runs that it doesn't have whole.

    RUN is a run's folder, the beginning of its id, or `latest`.

    \b
    ml runs sync
    ml runs sync latest --uri http://127.0.0.1:5000
    """
    # Imported here for a quick start-up.
    from recipes.errors import GalleyError
    from recipes.run.folder import find_run, list_runs
    from recipes.tracking import TrackingError
    from recipes.tracking import sync as sync_run

    folders = [find_run(reference, outputs)] if reference else [run for run in list_runs(outputs) if _lacks(run, uri)]
    if not folders:
        click.echo("MLflow has everything.")
    refused: list[str] = []
    for folder in folders:
        name = f"{folder.parent.name}/{folder.name}"
        try:
            sync_run(folder, uri)
            click.echo(f"{name}: MLflow has everything")
        except GalleyError as error:
            if reference:
                raise
            # One run that cannot be sent keeps no other back.
            refused.append(str(error))
    if refused:
        raise TrackingError("\n".join([f"{len(refused)} of {len(folders)} runs were not sent:", *refused]))


def _lacks(folder: Path, uri: str | None) -> bool:
    """Whether MLflow lacks something of a run that no process is still writing."""
    # Imported here for a quick start-up.
    from recipes.run.lock import run_holder
    from recipes.tracking import read_record

    record = read_record(folder)
    return run_holder(folder) is None and not (record.complete and uri in (None, record.uri))
