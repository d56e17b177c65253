"""`ml ls`: what can be trained."""

import click

from cli.table import print_table


@click.command("ls", short_help="List the experiments and the parts they are made of.")
def experiments() -> None:
    """List the experiments, and the parts that can be swapped in them.

    A folder `configs` where you work adds its own to them.

    \b
    ml ls
    ml train config=digits_mlp optimizer=sgd
    """
    # Imported here for a quick start-up.
    from recipes.config import list_experiments, list_groups

    rows = [
        (f"config={found.name}", f"{found.summary}{' (yours)' if found.own else ''}") for found in list_experiments()
    ]
    print_table(("experiment", "what it is"), rows)
    click.echo()
    print_table(("part", "options"), [(f"{group}=", ", ".join(options)) for group, options in list_groups().items()])
