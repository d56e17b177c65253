"""`ml runs`: what was trained."""

import click

from cli.lazy_group import LazyGroup

COMMANDS = {
    "ls": "cli.runs.ls:ls",
    "show": "cli.runs.show:show",
    "sync": "cli.runs.sync:sync",
}


@click.group(cls=LazyGroup, lazy=COMMANDS, short_help="List runs, show one, send them to MLflow.")
def runs() -> None:
    """List runs, show one, or bring MLflow up to them.

    \b
    ml runs ls
    ml runs show latest
    ml runs sync
    """
