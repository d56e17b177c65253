"""What a mirror knows of its trainer, and the watchdog that ends the mirror after it."""

import os
import select
import socket
import threading
import time

import psutil

from recipes.tracking.mlflow_record import Trainer

GRACE_SECONDS = 8.0
LOOK_SECONDS = 1.0


class Lifeline:
    """A pipe from the trainer: a line in it is the last word, its end means that the trainer is gone.

    A forked child of the trainer may hold the pipe open, so the process is looked at too. Once the trainer is gone,
    this process ends within `GRACE_SECONDS`, whatever it is doing.
    """

    def __init__(self, descriptor: int, trainer_pid: int | None = None) -> None:
        self.has_trainer = trainer_pid is not None
        self.last_word = ""
        self._descriptor = descriptor
        self._process = _process(trainer_pid)
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    @property
    def over(self) -> bool:
        """Whether nothing more comes from the trainer: it said its last word, or is gone."""
        return self._over.is_set()

    @property
    def trainer(self) -> Trainer | None:
        """The process that trains this run, None if nobody does."""
        if self._process is None:
            return None
        return Trainer(socket.gethostname(), self._process.pid, self._process.create_time())

    def pause(self, seconds: float) -> None:
        """Sleep, but wake when the trainer is done; after that, sleep a second at most."""
        if self.over:
            time.sleep(min(seconds, LOOK_SECONDS))
        else:
            self._over.wait(seconds)

    def _watch(self) -> None:
        said = b""
        while not self.has_trainer or is_alive(self._process):
            readable, _, _ = select.select([self._descriptor], [], [], LOOK_SECONDS)
            if not readable:
                continue
            heard = os.read(self._descriptor, 4096)
            if not heard:
                break
            said += heard
            if b"\n" in said:
                self.last_word = said.partition(b"\n")[0].decode()
                self._over.set()
        self._over.set()
        time.sleep(GRACE_SECONDS)
        os.write(2, b"MLflow did not take everything within the seconds that the trainer's end leaves.\n")
        os._exit(1)


def is_alive(process: psutil.Process | None) -> bool:
    """Whether there is such a process, and it is not a zombie."""
    try:
        return process is not None and process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def trains_still(trainer: Trainer) -> bool | None:
    """Whether a recorded trainer is alive; None if it is on another machine and nobody can tell."""
    if trainer.host != socket.gethostname():
        return None
    process = _process(trainer.pid)
    return is_alive(process) and process is not None and abs(process.create_time() - trainer.started) < 1.0


def _process(pid: int | None) -> psutil.Process | None:
    try:
        return None if pid is None else psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
