"""How loops on all threads are launched: one at a time, by as many threads as were asked for, never in a forked child.

Numba's simplest thread pool ends the process when two threads launch at once, and with OpenMP it ends a forked child
that launches at all: the threads of its parent are not there.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from engine.backend.thread_count import kernel_threads

# Held while Numba makes a function, and while one runs on all threads; in this order where both are.
making = threading.RLock()
launching = threading.RLock()


class _Told(threading.local):
    """The number of threads that Numba was told for this Python thread."""

    count = 0


class _Process:
    """Whether this process is the child of a fork that had Numba, and Numba's lock while the fork is under way."""

    forked = False
    compiling: Any = None


_told = _Told()
_process = _Process()


def launch(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Call a compiled function that runs on all threads."""
    with launching:
        if _told.count != kernel_threads.count:
            _tell(kernel_threads.count)
        return function(*args)


def threads() -> int:
    """How many threads a launch from here may use: one in a forked child, where every loop runs on the caller."""
    return 1 if _process.forked else kernel_threads.count


def forked() -> bool:
    """Whether this is a forked child, in which nothing can be launched."""
    return _process.forked


def _tell(count: int) -> None:
    # Late, for start-up: Numba takes a fifth of a second.
    from engine.kernels.cpu.numba_options import set_threads

    set_threads(count)
    _told.count = count


def _before_fork() -> None:
    """Wait until no other thread holds a lock that the child, which has this thread alone, would wait for in vain."""
    making.acquire()
    launching.acquire()
    if numba := sys.modules.get("numba.core.compiler_lock"):
        _process.compiling = numba.global_compiler_lock
        _process.compiling.acquire()


def _after_fork() -> None:
    if _process.compiling is not None:
        _process.compiling.release()
        _process.compiling = None
    launching.release()
    making.release()


def _after_fork_in_child() -> None:
    _process.forked = _process.forked or "numba" in sys.modules
    _after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
