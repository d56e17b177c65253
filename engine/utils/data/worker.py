"""A worker: a process that loads batches for a loader, one after the other, until the loader's process ends."""

from __future__ import annotations

import os
import random
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from types import NoneType
from typing import Any, NamedTuple

import numpy as np

from engine.backend.processes import die_with_parent, watch_parent
from engine.tensors.generator import default_generator
from engine.utils.data.fetch import Fetcher

LEFT_TO_THE_PARENT = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


class WorkerInfo(NamedTuple):
    """What a dataset may ask about its worker (torch.utils.data.get_worker_info)."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


@dataclass(frozen=True)
class Orders:
    """What a worker learns before its first task."""

    id: int
    num_workers: int
    seed: int
    fetcher: Fetcher
    prepare: Callable[[int], None] | None


class OrdersToFollow:
    """Orders that are pickled with the process that starts, and reach it later, through the pipe of its tasks.

    What a process is started with, its parent writes into a pipe that the parent itself can read too: a worker that
    dies before it has read a large dataset would be waited for without end. The pipe of the tasks has no other reader.
    Locks of a dataset can be pickled while a process starts only.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self.packed: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        self.packed = ForkingPickler.dumps(self._orders)
        return NoneType, ()


class Task(NamedTuple):
    """One batch to load; `number` counts all tasks of a pool."""

    number: int
    epoch: int
    indices: Any


class Failure(NamedTuple):
    """What stands for a batch that could not be loaded: the kind of error and its whole traceback."""

    kind: type[Exception]
    text: str


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker: its number, how many there are, its seed and its copy of the dataset; else None."""
    return _info


def work(parent: int, stays: bool, tasks: Connection, results: Connection, orders_follow: None) -> None:
    """Load batches for process `parent` until no more tasks can come; the orders come before the first.

    `stays` is False where the thread of the parent that started this process may end before it.
    """
    (die_with_parent if stays else watch_parent)(parent)
    _leave_signals_to_the_parent()
    orders: Orders | None = _next(tasks)
    if orders is not None:
        _follow(orders, tasks, results)


def _follow(orders: Orders, tasks: Connection, results: Connection) -> None:
    global _info
    _info = WorkerInfo(orders.id, orders.num_workers, orders.seed, orders.fetcher.dataset)
    random.seed(orders.seed)
    np.random.seed([orders.seed % 2**32, orders.seed >> 32])
    default_generator.manual_seed(orders.seed)
    outbox: SimpleQueue[Any] = SimpleQueue()
    # While a batch waits in the pipe for the loader to read it, the next one is being loaded.
    sender = threading.Thread(target=_send_all, args=(outbox, results), daemon=True)
    sender.start()
    failed = _prepared(orders)
    task: Task | None
    while (task := _next(tasks)) is not None:
        outbox.put(_packed(task.number, failed or _loaded(orders, task)))
    outbox.put(None)
    sender.join()


def signals_left_to_the_parent() -> list[signal.Signals]:
    """What people, shells and schedulers send to all processes of a job: the loader's process decides what follows."""
    return [getattr(signal, name) for name in LEFT_TO_THE_PARENT if hasattr(signal, name)]


def _leave_signals_to_the_parent() -> None:
    for number in signals_left_to_the_parent():
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, set())


def _prepared(orders: Orders) -> Failure | None:
    try:
        if orders.prepare is not None:
            orders.prepare(orders.id)
    except Exception as error:
        return _failure(error)
    return None


def _loaded(orders: Orders, task: Task) -> Any:
    try:
        return orders.fetcher(task.indices, task.epoch)
    except Exception as error:
        return _failure(error)


def _packed(number: int, result: Any) -> Any:
    try:
        return ForkingPickler.dumps((number, result))
    except Exception as error:
        error.add_note(
            "while sending a batch from its worker: collate_fn and batch_transform must give what can travel"
        )
        return ForkingPickler.dumps((number, _failure(error)))


def _failure(error: Exception) -> Failure:
    kind = type(error) if type(error).__module__ == "builtins" else RuntimeError
    return Failure(kind, "".join(traceback.format_exception(error)))


def _next(tasks: Connection) -> Any:
    try:
        packed = tasks.recv_bytes()
    except (EOFError, OSError):
        # The loader has let go of this worker, maybe in the middle of what it sent.
        return None
    return ForkingPickler.loads(packed)


def _send_all(outbox: SimpleQueue[Any], results: Connection) -> None:
    while (packed := outbox.get()) is not None:
        try:
            results.send_bytes(packed)
        except OSError:
            # The loader has let go of this worker: nobody wants what is left.
            os._exit(0)
