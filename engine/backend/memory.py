"""Host memory: an allocator that keeps large buffers for the next step, and how much this process holds."""

import ctypes
import os
import sys

# Parameter numbers of mallopt(3) in glibc's malloc.h.
TRIM_THRESHOLD = -1
MMAP_THRESHOLD = -3

KEEP_BELOW = 1 << 30

# Older versions of glibc refuse to raise the threshold for mmap above half a heap.
OLDER_KEEP_BELOW = 1 << 25


def configure_allocator() -> bool:
    """Let malloc keep freed buffers below 1 GiB (32 MiB in older glibc) for reuse; True where this took effect.

    A buffer from mmap goes back to the system when freed, so that each step of training would fault its pages in
    anew. Only glibc has these switches; elsewhere nothing changes.
    """
    if not _is_glibc():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    kept = any(mallopt(MMAP_THRESHOLD, size) for size in (KEEP_BELOW, OLDER_KEEP_BELOW))
    return kept and bool(mallopt(TRIM_THRESHOLD, KEEP_BELOW))


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


def _is_glibc() -> bool:
    names = getattr(os, "confstr_names", {})
    if "CS_GNU_LIBC_VERSION" not in names:
        return False
    try:
        version = os.confstr("CS_GNU_LIBC_VERSION")
    except (OSError, ValueError):
        return False
    return version is not None and version.startswith("glibc")
