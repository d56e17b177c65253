"""Host memory: an allocator that keeps large buffers for the next step, and how much this process holds."""

import ctypes
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

# Parameter numbers of mallopt(3) in glibc's malloc.h.
TRIM_THRESHOLD = -1
MMAP_THRESHOLD = -3

KEEP_BELOW = 1 << 30

# Older versions of glibc refuse to raise the threshold for mmap above half a heap.
OLDER_KEEP_BELOW = 1 << 25


@dataclass(frozen=True)
class Allocator:
    """Below how many bytes a freed buffer is kept for the next one (None: as the system has it), and why."""

    keeps_below: int | None
    reason: str


@lru_cache(maxsize=1)
def configure_allocator() -> Allocator:
    """Let malloc keep freed buffers below 1 GiB (32 MiB in older glibc) for reuse, unless the environment tunes it.

    A buffer from mmap goes back to the system when freed, so that each step of training would fault its pages in
    anew. Only glibc has these switches; elsewhere nothing changes.
    """
    if chosen := _tuned_by(os.environ):
        return Allocator(None, f"{chosen} is set in the environment")
    if not _is_glibc():
        return Allocator(None, "only glibc can be told to keep what is freed")
    mallopt = ctypes.CDLL(None).mallopt
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    for size in (KEEP_BELOW, OLDER_KEEP_BELOW):
        if mallopt(MMAP_THRESHOLD, size) and mallopt(TRIM_THRESHOLD, KEEP_BELOW):
            return Allocator(size, "the next step finds the pages that this one has touched")
    return Allocator(None, "this allocator takes no advice")


def resident_bytes() -> int:
    """Bytes of physical memory that this process holds now."""
    # Imported where it is used: start-up has no use for it.
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak_resident_bytes() -> int:
    """The most bytes of physical memory that this process has held since it started."""
    if sys.platform == "win32":
        # Late, for start-up: the other systems answer without it.
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    # Late, for start-up, and because Windows has no such module.
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _tuned_by(environment: Mapping[str, str]) -> str | None:
    """The variable by which somebody has told malloc already what to keep."""
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        if environment.get(name):
            return name
    return "GLIBC_TUNABLES" if "glibc.malloc." in environment.get("GLIBC_TUNABLES", "") else None


def _is_glibc() -> bool:
    names = getattr(os, "confstr_names", {})
    if "CS_GNU_LIBC_VERSION" not in names:
        return False
    try:
        version = os.confstr("CS_GNU_LIBC_VERSION")
    except (OSError, ValueError):
        return False
    return version is not None and version.startswith("glibc")
