"""A lock between processes, held on a file until its block ends or its process dies."""

import errno
import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# File systems without locks: there MLflow's own search for our id has to do.
UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


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
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    return True
