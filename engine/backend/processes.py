"""Worker processes that end when the process they work for ends, however it ends."""

import ctypes
import multiprocessing
import os
import select
import signal
import sys
import threading

# prctl(2), Linux: the signal that the kernel sends when the parent dies.
PR_SET_PDEATHSIG = 1

# What a shell reports for SIGKILL.
EXIT_CODE = 128 + 9

SECONDS_BETWEEN_LOOKS = 0.5


def die_with_parent(parent: int | None = None) -> None:
    """End this process, without clean-up, as soon as process `parent` has ended; call it first thing in a worker.

    `parent` is the process to work for, by default the one that started this worker through multiprocessing (also
    through its fork server), else the parent process. Give it where the parent may die before this call. On Linux the
    kernel ends a direct child even while it computes; it does so when the *thread* that started it ends, so start
    workers from a thread that outlives them. Any other worker has a thread that watches the parent.
    """
    parent = _started_by() if parent is None else parent
    if sys.platform == "linux" and os.getppid() == parent:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL)) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:
            os._exit(EXIT_CODE)
        return
    watch_parent(parent)


def watch_parent(parent: int) -> None:
    """Start a daemon thread that ends this process when process `parent` has ended; at once if it has."""
    wait = _wait_for_descriptor if hasattr(os, "pidfd_open") else _wait_by_looking
    ready = threading.Event()

    def watch() -> None:
        wait(parent, ready)
        os._exit(EXIT_CODE)

    threading.Thread(target=watch, name="die-with-parent", daemon=True).start()
    # A process number may be given to another process: the watch holds before the caller goes on.
    ready.wait()


def _wait_for_descriptor(parent: int, ready: threading.Event) -> None:
    """Return when the process has ended, by a file descriptor that names it (Linux 5.3)."""
    try:
        descriptor = os.pidfd_open(parent)
    except ProcessLookupError:
        return
    except OSError:
        # The kernel, or a sandbox, has no such call.
        _wait_by_looking(parent, ready)
        return
    ready.set()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll()


def _wait_by_looking(parent: int, ready: threading.Event) -> None:
    """Return when the process has ended, by looking twice a second."""
    # Late, for start-up: workers on Linux have no use for it.
    import psutil

    try:
        process = psutil.Process(parent)
    except psutil.NoSuchProcess:
        return
    ready.set()
    pause = threading.Event()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        pause.wait(SECONDS_BETWEEN_LOOKS)


def _started_by() -> int:
    starter = multiprocessing.parent_process()
    return os.getppid() if starter is None or starter.pid is None else starter.pid
