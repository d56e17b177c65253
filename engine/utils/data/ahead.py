"""made_ahead: what an iterator gives, made by a thread before it is asked for."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

SECONDS_TO_END = 2.0

_END = object()


def made_ahead(items: Iterable[Any], count: int) -> Iterator[Any]:
    """The items in order, up to `count` of them made by a thread of their own before they are asked for.

    An error of the iterator is raised where its item would have come. The thread ends with the iterator, when this
    generator is closed or forgotten, and with the program; an item that it is just making then is waited for at most
    two seconds. Raises RuntimeError in a forked child, which has no such thread.
    """
    line = _Line(count)
    thread = threading.Thread(target=line.fill, args=(items,), name="made-ahead", daemon=True)
    thread.start()
    try:
        while (item := line.take()) is not _END:
            yield item
    finally:
        line.close(thread)


class _Line:
    """Items that wait between the thread that makes them and the one that takes them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.process = os.getpid()
        self.ready: deque[Any] = deque()
        self.changed = threading.Condition()
        self.ended = False
        self.closed = False
        self.error: BaseException | None = None
        _open.add(self)

    def fill(self, items: Iterable[Any]) -> None:
        """Put the items into the line until they end or nobody wants them any more; runs in the thread."""
        try:
            for item in items:
                if not self._put(item):
                    break
        except BaseException as error:
            self.error = error
        finally:
            with self.changed:
                self.ended = True
                self.changed.notify_all()

    def _put(self, item: Any) -> bool:
        with self.changed:
            self.changed.wait_for(lambda: len(self.ready) < self.count or self.closed)
            if not self.closed:
                self.ready.append(item)
                self.changed.notify_all()
            return not self.closed

    def take(self) -> Any:
        """The next item, or _END; raises the error that stopped the iterator."""
        if os.getpid() != self.process:
            raise RuntimeError("batches are made ahead by a thread, which a forked child has not: begin a new pass")
        with self.changed:
            self.changed.wait_for(lambda: self.ready or self.ended or self.closed)
            if self.ready:
                item = self.ready.popleft()
                self.changed.notify_all()
                return item
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return _END

    def close(self, thread: threading.Thread | None = None) -> None:
        """Let the thread end, and wait for it; in a forked child there is none, and maybe a lock that it held."""
        if os.getpid() != self.process:
            return
        with self.changed:
            self.closed = True
            self.ready.clear()
            self.changed.notify_all()
            # The thread itself may be the one that collects a forgotten generator as garbage.
            if thread is not threading.current_thread():
                self.changed.wait_for(lambda: self.ended, SECONDS_TO_END)


_open: weakref.WeakSet[_Line] = weakref.WeakSet()


# A thread in the middle of an array operation when the interpreter goes could bring the program down.
@atexit.register
def _close_all() -> None:
    for line in list(_open):
        line.close()
