"""Arguments and options that several commands take."""

from pathlib import Path

import click


def demand_text(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Give back text that a file can hold; BadParameter for bytes that are not UTF-8."""
    try:
        (value or "").encode()
    except UnicodeEncodeError as error:
        raise click.BadParameter(f"{value!r} holds bytes that are not UTF-8.", context, parameter) from error
    return value


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
