"""One mirror a run at a time, which goes on through whatever happens to MLflow until the trainer is done."""

import time
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from recipes.tracking.errors import TrackingError
from recipes.tracking.mirror.file_lock import file_lock
from recipes.tracking.mirror.lifeline import Lifeline
from recipes.tracking.mlflow_record import read_record, write_record

LOCK_FILE = ".mirror.lock"
LOCK_LOOK_SECONDS = 0.2
LOCK_WAIT_SECONDS = 15.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0


@dataclass(frozen=True)
class Place:
    """Where MLflow is, and how records call it: without its password, None for the outputs folder's own database."""

    uri: str
    shown: str | None


def mirror(run_folder: Path, place: Place, lifeline: Lifeline, tries: int | None) -> bool:
    """Mirror a run until its trainer is done; True if MLflow then has everything.

    What goes wrong is printed and tried again, `tries` times (None: for as long as the trainer lives).
    """
    started = time.monotonic()

    def wait_for_lock() -> None:
        if tries is not None and time.monotonic() - started > LOCK_WAIT_SECONDS:
            raise TrackingError("another mirror of this run is at work: its trainer is still alive")
        lifeline.pause(LOCK_LOOK_SECONDS)

    try:
        with file_lock(run_folder / LOCK_FILE, wait_for_lock):
            if lifeline.trainer is not None:
                # Before MLflow answers, if it ever does: a later sync must know whose death to look for.
                write_record(run_folder, replace(read_record(run_folder), trainer=lifeline.trainer, complete=False))
            return _follow_through_trouble(run_folder, place, lifeline, tries)
    except TrackingError as error:
        print(error)
        return False


def _follow_through_trouble(run_folder: Path, place: Place, lifeline: Lifeline, tries: int | None) -> bool:
    # Lazy for start-up time: while MLflow loads, the lifeline is watched and the trainer is on record already.
    from recipes.tracking.mirror.follow import follow

    told = ""
    for failures in count(1):
        try:
            return follow(run_folder, place.uri, place.shown, lifeline)
        except TrackingError:
            raise
        except Exception as error:  # whatever MLflow and the network can raise, the mirror goes on
            reason = _reason(error, place)
            if reason != told:
                print(f"{time.strftime('%H:%M:%S')} {reason}")
            told = reason
        if failures == tries:
            break
        lifeline.pause(min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10), LONGEST_PAUSE_SECONDS))
    return False


def _reason(error: Exception, place: Place) -> str:
    """One line that says what went wrong; MLflow wraps a refused connection in several."""
    root: BaseException = error
    while (deeper := root.__cause__ or root.__context__) is not None:
        root = deeper
    if isinstance(root, OSError) and root is not error:
        return f"MLflow at {place.shown or place.uri} cannot be reached: {root}"
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
