"""A lock between processes, held on a file until its block ends or its process dies."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_lock(path: Path, between_tries: Callable[[], None]) -> Iterator[None]:
    """Hold the lock on this file, made where missing; while others hold it, `between_tries` sleeps or raises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        while not _taken(file.fileno()):
            between_tries()
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
