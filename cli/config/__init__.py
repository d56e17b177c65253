"""`ml config`: look into a config without running it."""

import click

from cli.lazy_group import LazyGroup

COMMANDS = {
    "show": "cli.config.show:show",
    "validate": "cli.config.validate:validate",
    "explain": "cli.config.explain:explain",
}


@click.group(cls=LazyGroup, lazy=COMMANDS, short_help="Show, check or explain a config.")
def config() -> None:
    """Look into a config without running it.

    \b
    ml config show config=digits_mlp optimizer=sgd
    ml config validate config=digits_mlp
    ml config explain optimizer.lr config=digits_mlp
    """
