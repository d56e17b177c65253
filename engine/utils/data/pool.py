"""Pool: the workers of a loader, seen from its process: started, fed, read in order and ended."""

from __future__ import annotations

import atexit
import multiprocessing
import multiprocessing.util
import os
import signal
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from engine.utils.data.fetch import Fetcher
from engine.utils.data.stream import EndOfStream
from engine.utils.data.worker import Failure, Orders, OrdersToFollow, Task, signals_left_to_the_parent, work

SECONDS_TO_END = 2.0
SINGLE_THREADED = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")


class Pool:
    """Processes that load batches, started by `spawn` unless the context says otherwise; never by fork.

    Tasks go round the workers in turn and each does its own in order, so results are read in order without a buffer.
    """

    def __init__(
        self,
        workers: int,
        fetcher: Fetcher,
        *,
        seed: int,
        prefetch: int,
        timeout: float,
        prepare: Callable[[int], None] | None,
        method: str,
    ) -> None:
        self.prefetch = prefetch
        self.timeout = timeout
        self.sent = 0
        self._first: int | None = None
        self.workers: list[_Worker] = []
        _open.add(self)
        stays = threading.current_thread() is threading.main_thread()
        try:
            with _starting, _as_workers_inherit(method):
                for number in range(workers):
                    orders = Orders(number, workers, seed + number, fetcher, prepare)
                    self.workers.append(_Worker(orders, method, stays))
            for worker in self.workers:
                worker.send_orders()
        except BaseException:
            self.close()
            raise

    def run(self, tasks: Iterable[tuple[Any, int]]) -> Iterator[Any]:
        """The batches of (indices, epoch) tasks, in order; raises what a worker raised, with its traceback."""
        # What is left of a pass that was given up is thrown away by its number.
        first = self._first = self.sent
        coming = iter(tasks)
        self._feed(islice(coming, self.prefetch * len(self.workers)), first)
        number = first
        while number < self.sent:
            self._refuse_if_over(first)
            result = self.workers[(number - first) % len(self.workers)].receive(number, self.timeout)
            self._feed(islice(coming, 1), first)
            yield result
            number += 1

    def stream(self, epoch: int) -> Iterator[Any]:
        """The batches that the workers read from their own streams, taken in turn until all have ended."""
        first = self._first = self.sent
        reading = [
            (worker, deque(self._ask(worker, first, epoch) for _ in range(self.prefetch))) for worker in self.workers
        ]
        while reading:
            for each in list(reading):
                worker, asked = each
                self._refuse_if_over(first)
                batch = worker.receive(asked.popleft(), self.timeout)
                if isinstance(batch, EndOfStream):
                    reading.remove(each)
                    continue
                asked.append(self._ask(worker, first, epoch))
                yield batch

    def _ask(self, worker: _Worker, run: int, epoch: int) -> int:
        """Ask a worker for the next batch of its stream; gives the number that it will have."""
        number = self.sent
        worker.send(Task(number, epoch, run))
        self.sent += 1
        return number

    def _refuse_if_over(self, first: int) -> None:
        if self._first != first:
            raise RuntimeError(
                "this pass over the DataLoader is over: a later one has begun, or its workers have ended; "
                "for passes side by side, use persistent_workers=False"
            )

    def _feed(self, tasks: Iterable[tuple[Any, int]], first: int) -> None:
        for indices, epoch in tasks:
            worker = self.workers[(self.sent - first) % len(self.workers)]
            worker.send(Task(self.sent, epoch, indices))
            self.sent += 1

    def close(self) -> None:
        """End the workers: at once if they wait for tasks, else within two seconds."""
        self._first = None
        for worker in self.workers:
            worker.let_go()
        deadline = time.monotonic() + SECONDS_TO_END
        for worker in self.workers:
            worker.end(deadline)
        # An interrupt may have come in between: only now is there nothing left to end.
        self.workers = []
        _open.discard(self)

    def __del__(self) -> None:
        self.close()


class _Worker:
    def __init__(self, orders: Orders, method: str, stays: bool) -> None:
        context = multiprocessing.get_context(method)
        tasks_in, self.tasks = context.Pipe(duplex=False)
        self.results, results_out = context.Pipe(duplex=False)
        self.number = orders.id
        self.orders = OrdersToFollow(orders)
        self.process: Any = context.Process(  # type: ignore[attr-defined]
            target=work,
            args=(os.getpid(), stays, tasks_in, results_out, self.orders),
            name=f"loader-worker-{orders.id}",
            daemon=True,
        )
        try:
            self.process.start()
        except Exception as error:
            self.let_go()
            # What the system refuses is no fault of the dataset; all else comes of sending it.
            if isinstance(error, OSError):
                raise
            raise RuntimeError(
                f"the dataset, collate_fn, batch_transform or worker_init_fn cannot be sent to a worker ({error}): "
                "define it at the top of a module, or use num_workers=0"
            ) from error
        finally:
            # Only the worker holds these ends from now on, so that its end is seen as the end of the pipe.
            tasks_in.close()
            results_out.close()

    def send_orders(self) -> None:
        self._send(self.orders.packed)
        del self.orders

    def send(self, task: Task) -> None:
        self._send(ForkingPickler.dumps(task))

    def _send(self, packed: Any) -> None:
        try:
            self.tasks.send_bytes(packed)
        except OSError as error:
            raise self._ended() from error

    def receive(self, number: int, timeout: float) -> Any:
        while True:
            arrived, result = self._read(timeout)
            if arrived != number:
                continue
            if isinstance(result, Failure):
                raise _error(result, self.number)
            return result

    def _read(self, timeout: float) -> tuple[int, Any]:
        ready = wait([self.results, self.process.sentinel], timeout or None)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {timeout} seconds: worker {self.number} has sent no batch")
        if self.results not in ready and not self.results.poll():
            raise self._ended()
        try:
            arrived, result = self.results.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        return arrived, result

    def _ended(self) -> RuntimeError:
        self.process.join(SECONDS_TO_END)
        code = self.process.exitcode
        how = f"with exit code {code}"
        if code is not None and code < 0:
            how = f"killed by signal {signal.Signals(-code).name}"
        hint = ": it may have run out of memory" if code == -signal.SIGKILL else ""
        if code == 1:
            hint = ': its own message stands above; a script that starts workers needs `if __name__ == "__main__":`'
        return RuntimeError(f"DataLoader worker {self.number} (pid {self.process.pid}) ended unexpectedly, {how}{hint}")

    def let_go(self) -> None:
        """Close the pipes: a worker that waits for a task ends."""
        self.tasks.close()
        self.results.close()

    def end(self, deadline: float) -> None:
        self.process.join(max(0.0, deadline - time.monotonic()))
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()


def _error(failure: Failure, number: int) -> Exception:
    """The error of a worker, of its kind where that shows the whole text."""
    text = f"Caught {failure.kind.__name__} in DataLoader worker process {number}.\nOriginal {failure.text}"
    try:
        error = failure.kind(text)
    except TypeError:
        return RuntimeError(text)
    return error if str(error) == text else RuntimeError(text)


@contextmanager
def _as_workers_inherit(method: str) -> Iterator[None]:
    """Start workers with one thread for BLAS and kernels each, and signals held back until they are left to the parent.

    A fork server lasts and serves others too, who need their signals: it holds none back.
    """
    before = {name: os.environ.get(name) for name in SINGLE_THREADED}
    os.environ.update(dict.fromkeys(SINGLE_THREADED, "1"))
    held = None
    if method == "spawn" and sys.platform != "win32":
        # Its first start, which the first worker would cause, lets interrupts through again when it is over.
        resource_tracker.ensure_running()
        held = signal.pthread_sigmask(signal.SIG_BLOCK, signals_left_to_the_parent())
    try:
        yield
    finally:
        if held is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_open: weakref.WeakSet[Pool] = weakref.WeakSet()

# The environment is changed for a start: one thread at a time.
_starting = threading.Lock()


# Registered after multiprocessing's own end, so run before it: that one would wait for workers that ignore its signal.
@atexit.register
def _close_all() -> None:
    for pool in list(_open):
        pool.close()
