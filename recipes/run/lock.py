"""The exclusive lock of a run's folder: one process at a time trains it, and the lock ends with that process."""

import errno
import fcntl
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recipes.errors import UsageError

_LOCK = ".lock"
# File systems without flock, such as Lustre mounted without it: there a run goes on unguarded.
_UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
# `run_holder` takes a shared lock for some microseconds: that alone must not turn a trainer away.
_TRIES = 10
_held: set[int] = set()


@contextmanager
def hold_run(folder: Path) -> Iterator[None]:
    """Hold the run at `folder` alone; UsageError names the process that already does."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    _held.add(descriptor)
    try:
        if not _lock_patiently(descriptor):
            holder = _read_holder(descriptor)
            raise UsageError(f"run {folder.name} is being written by process {holder}: wait until it ends, or stop it")
        _write_holder(descriptor)
        yield
    finally:
        # A forked child that unwinds to here has closed its copy already.
        if descriptor in _held:
            _held.remove(descriptor)
            os.close(descriptor)


def run_holder(folder: Path) -> str | None:
    """The process that holds the run, as in `4711 on node3`; None where nobody does."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        # A shared lock, so that two who ask at once don't take each other for the holder.
        return None if _lock(descriptor, fcntl.LOCK_SH) else _read_holder(descriptor)
    finally:
        os.close(descriptor)


def _lock_patiently(descriptor: int) -> bool:
    for _ in range(_TRIES):
        if _lock(descriptor, fcntl.LOCK_EX):
            return True
        time.sleep(0.02)
    return False


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        warnings.warn("this file system has no locks: nothing keeps a second process from this run", stacklevel=2)
    return True


def _write_holder(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()} on {os.uname().nodename}\n".encode(), 0)


def _read_holder(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "(starting)"


def _release_in_child() -> None:
    # A forked child shares the lock: it would outlive the process that took it.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_release_in_child)
