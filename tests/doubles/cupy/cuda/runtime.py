"""The calls of CUDA's runtime that the project makes."""

from __future__ import annotations

import threading
from typing import Any

from cupy._transfers import host_waits

COUNT = 2
MEMORY = 8 << 30


class CUDARuntimeError(RuntimeError):
    """An error of CUDA's runtime."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Current(threading.local):
    number = 0


_current = _Current()


def getDeviceCount() -> int:
    """How many devices there are."""
    return COUNT


def getDevice() -> int:
    """The number of this thread's current device."""
    return _current.number


def setDevice(device: int) -> None:
    """Choose this thread's current device; raises CUDARuntimeError for one that doesn't exist."""
    if not 0 <= device < COUNT:
        raise CUDARuntimeError(101, "cudaErrorInvalidDevice: invalid device ordinal")
    _current.number = device


def deviceSynchronize() -> None:
    """Wait for all work on the current device."""
    host_waits("deviceSynchronize")


def memGetInfo() -> tuple[int, int]:
    """Free and total bytes of the current device."""
    return MEMORY, MEMORY


def getDeviceProperties(device: int) -> dict[str, Any]:
    """What the driver says of a device; raises CUDARuntimeError for one that doesn't exist."""
    if not 0 <= device < COUNT:
        raise CUDARuntimeError(101, "cudaErrorInvalidDevice: invalid device ordinal")
    return {
        "name": b"NumPy in disguise",
        "totalGlobalMem": MEMORY,
        "major": 9,
        "minor": 0,
        "multiProcessorCount": 132,
    }
