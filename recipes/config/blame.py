"""Says in one line what somebody's code raised, and on which line of it."""

import sysconfig
import traceback
from pathlib import Path

from recipes.config.source import displayed

# Whoever reads the message wrote none of these: Galley's engine and recipes, Python, and what pip installed.
_OTHERS = (
    *(Path(__file__).resolve().parents[2] / floor for floor in ("engine", "recipes", "cli")),
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")),
)


def raised(error: BaseException) -> str:
    """The kind of an error, its message, and the line it came from: `KeyError: 'width' (lab/models.py:12)`.

    The line is the innermost of the person's own code; where none was running, the innermost of all.
    """
    message = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    place = _place(error)
    return f"{what} ({place})" if place else what


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{displayed(Path(error.filename))}:{error.lineno}"
    lines = [
        (Path(frame.filename), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        # Python's own import system runs from no file.
        if Path(frame.filename).is_absolute()
    ]
    own = [line for line in lines if not any(line[0].is_relative_to(folder) for folder in _OTHERS)]
    if not lines:
        return ""
    path, number = (own or lines)[-1]
    return f"{displayed(path)}:{number}"
