"""The working folder's place on the search path for modules: behind everything that is installed."""

import os
import sys


def user_folder_last() -> None:
    """Move the working folder to the end of `sys.path`, so that no file in it stands in for a module of another."""
    try:
        folder = os.getcwd()
    except FileNotFoundError:
        # The folder was deleted: nothing can be found in it either.
        return
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != folder]
    sys.path.append(folder)
