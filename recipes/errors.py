"""The errors that `ml` shows to a person as a message instead of a traceback, with the exit code of each."""

from typing import Any


class GalleyError(Exception):
    """An error whose message is written for the person at the keyboard; `ml` prints it and ends with `exit_code`."""

    exit_code: int = 1


class UsageError(GalleyError):
    """A command line, a config or a file that cannot be used as given."""

    exit_code = 2


class DivergedError(GalleyError):
    """A training whose loss or gradients are no longer finite; `batch` is what broke it."""

    exit_code = 3

    def __init__(self, message: str, batch: Any = None) -> None:
        super().__init__(message)
        self.batch = batch


class PreemptedError(GalleyError):
    """A run that was asked to stop, wrote its checkpoint and can be resumed."""

    exit_code = 75
