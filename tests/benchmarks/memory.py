"""How much memory this process holds and has held, as Linux counts it; elsewhere nothing is known."""

from __future__ import annotations

from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def resident_bytes() -> int | None:
    """What lies in physical memory now."""
    return _field("VmRSS")


def peak_bytes() -> int | None:
    """The most since the process started, or since `forget_peak`.

    Not getrusage's figure, in which a process inherits the peak of the one that started it.
    """
    return _field("VmHWM")


def forget_peak() -> bool:
    """Count the peak from now on; whether the system lets us."""
    try:
        _CLEAR.write_text("5")
    except OSError:
        return False
    return True


def _field(name: str) -> int | None:
    if not _STATUS.exists():
        return None
    for line in _STATUS.read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return 1024 * int(value.split()[0])
    return None
