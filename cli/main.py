"""The entry point of `ml`."""

import sys
from typing import NoReturn

from cli.streams import open_closed_streams
from cli.user_folder import user_folder_last


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    open_closed_streams()
    # Python puts the working folder first for `python -m cli` and for an empty entry of PYTHONPATH.
    user_folder_last()
    # Not before that, at start-up: a `click.py` in the working folder would be found.
    from cli.exits import run

    sys.exit(run())
