"""Arguments and options that several commands take."""

from pathlib import Path

import click

config_words = click.argument("words", nargs=-1, metavar="config=NAME [KEY=VALUE]...")

run_argument = click.argument("reference", metavar="RUN")

trust_option = click.option(
    "--trust",
    multiple=True,
    metavar="PACKAGE",
    help="Let the config use parts of this package too, besides engine and recipes. May be given several times.",
)

outputs_option = click.option(
    "--outputs",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("outputs"),
    show_default=True,
    help="The folder that runs are written to.",
)

json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="End with one line of JSON on standard output; everything else goes to standard error.",
)
