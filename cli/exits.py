"""Every way out of a command: a message for the person, and an exit code for the script that called."""

import os
import sys
import tempfile
import textwrap
import traceback
from collections.abc import Sequence

import click

from cli.ml import ml
from recipes.errors import GalleyError

FAILED = 1
INTERRUPTED = 130
LONGEST_LINE = 300


def run(arguments: Sequence[str] | None = None) -> int:
    """Run `ml` with the process's own arguments, or these; returns the exit code."""
    try:
        code = ml.main(arguments, prog_name="ml", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except GalleyError as error:
        click.echo(f"Error: {error}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _silence_standard_output()
        return FAILED
    except Exception as error:
        click.echo(f"Error: {_unexpected(error)}", err=True)
        return FAILED
    return code if isinstance(code, int) else 0


def _silence_standard_output() -> None:
    """Let Python's own last flush go nowhere: whoever read the output has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unexpected(error: Exception) -> str:
    """An error that nobody foresaw in one line, with the file that its traceback was written to."""
    # Imported here for a quick start-up.
    from recipes.config import raised

    what = textwrap.shorten(raised(error), LONGEST_LINE, placeholder=" ...")
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="ml-error-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.writelines(traceback.format_exception(error))
    except OSError as refusal:
        return f"{what} (its traceback could not be written: {refusal.strerror})"
    return f"{what} (not foreseen; the full traceback is in {file.name})"
