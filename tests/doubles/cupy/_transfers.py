"""What the double of CuPy counts: copies between device and host, each with the line of code that asked for it."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

DOUBLES = str(Path(__file__).parents[1])


class DeviceSynchronized(RuntimeError):
    """Raised where the host would wait for the device while that is forbidden, as by `cupyx.DeviceSynchronized`."""


@dataclass(frozen=True)
class Transfer:
    """One copy: what asked for it, and the first line outside of the double."""

    what: str
    place: str

    def __str__(self) -> str:
        return f"{self.what} at {self.place}"


@dataclass
class Log:
    """The copies of one stretch of code."""

    to_host: list[Transfer] = field(default_factory=list)
    to_device: list[Transfer] = field(default_factory=list)


class _Watch(threading.local):
    def __init__(self) -> None:
        self.allowed = True
        self.logs: list[Log] = []


_watch = _Watch()


def host_waits(what: str) -> None:
    """The host reads something of a device, and so waits for it; raises DeviceSynchronized where that is forbidden."""
    if not _watch.allowed:
        raise DeviceSynchronized(f"Device synchronization was detected while disallowed: {what}")
    for log in _watch.logs:
        log.to_host.append(Transfer(what, _place()))


def device_receives(what: str) -> None:
    """The host sends something to a device, for which it needn't wait."""
    for log in _watch.logs:
        log.to_device.append(Transfer(what, _place()))


def _place() -> str:
    for frame in reversed(traceback.extract_stack()):
        if not frame.filename.startswith(DOUBLES):
            return f"{frame.filename}:{frame.lineno}"
    return "unknown"


@contextmanager
def counted() -> Iterator[Log]:
    """The copies that happen inside the block, in this thread."""
    log = Log()
    _watch.logs.append(log)
    try:
        yield log
    finally:
        _watch.logs.remove(log)


@contextmanager
def synchronizing(allowed: bool) -> Iterator[None]:
    """Allow or forbid the host to wait inside the block, in this thread."""
    before, _watch.allowed = _watch.allowed, allowed
    try:
        yield
    finally:
        _watch.allowed = before
