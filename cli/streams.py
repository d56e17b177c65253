"""The standard streams, there also where whoever started the process closed them."""

import os
import sys


def open_closed_streams() -> None:
    """Open closed standard streams on nothing, so that no file of a run gets the number of one and is written over."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is the closed one: those before it are open by now.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False))
