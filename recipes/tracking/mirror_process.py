"""The trainer's end of the mirror: starting the process, telling it how the run ended, waiting for it."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from recipes.errors import UsageError
from recipes.tracking.errors import TrackingError
from recipes.tracking.mlflow_environment import mlflow_environment
from recipes.tracking.mlflow_record import read_record
from recipes.tracking.mlflow_uri import checked_uri, default_uri, outputs_of, without_password

PROGRAM = Path(__file__).parent / "mirror" / "__main__.py"
LOG_FILE = "mirror.log"


class MirrorProcess:
    """A process that mirrors one run to MLflow; it ends by itself within seconds of the one that started it."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, log_start: int) -> None:
        self._process = process
        self._log = log
        self._log_start = log_start

    @classmethod
    def start(cls, run_folder: Path, uri: str | None = None, once: bool = False) -> "MirrorProcess":
        """Start to mirror a run to MLflow at `uri`, the outputs folder's own database by default.

        The process that calls is the run's trainer, except with `once`: that mirror gives up after a few tries.
        Raises UsageError for a URI that cannot be MLflow's, and OSError where no process can be started.
        """
        run_folder = run_folder.absolute()
        where = default_uri(outputs_of(run_folder)) if uri is None else checked_uri(uri)
        arguments = [sys.executable, "-P", str(PROGRAM), str(run_folder)]
        if uri is not None:
            arguments += ["--uri", without_password(where)]
        arguments += ["--once"] if once else ["--trainer", str(os.getpid())]
        with (run_folder / LOG_FILE).open("ab") as log:
            # Standard input is the lifeline: its end tells the mirror at once that this process is gone.
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                bufsize=0,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=run_folder,
                env=mlflow_environment(where),
                start_new_session=True,
            )
            return cls(process, run_folder / LOG_FILE, log.tell())

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def finish(self, status: str = "") -> None:
        """Say the last word, the run's status; without one the mirror reads it in `run.json`."""
        # A mirror that has ended early is told of by wait().
        with suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.write(f"{status}\n".encode())

    def wait(self, timeout: float) -> bool:
        """Wait for the mirror, `timeout` seconds at most; True if MLflow now has everything."""
        try:
            return self._process.wait(timeout) == 0
        except subprocess.TimeoutExpired:
            return False

    def close(self) -> None:
        """Let go of the mirror: one that is still at work ends within seconds."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.poll() is None:
            # A program that lives on after this run reaps it when it ends.
            threading.Thread(target=self._process.wait, name="mirror's end", daemon=True).start()

    def complaint(self) -> str:
        """The last line that this mirror wrote to its log."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "there was too little time"


def sync(run_folder: Path, uri: str | None = None, status: str = "", timeout: float = 300.0) -> None:
    """Bring MLflow up to a run's folder: what it lacks is sent, nothing twice.

    The default `uri` is where the run was mirrored to; the default `status` is that of `run.json`, or `killed` if it
    says `running` and the trainer is gone. Raises TrackingError where MLflow was not brought there within `timeout`
    seconds.
    """
    if uri is None:
        uri = read_record(run_folder).uri
        if uri is not None and ":***@" in uri:
            raise UsageError(f"The run was mirrored to {uri}; passwords are not kept. Give tracking.mlflow.uri again.")
    process = MirrorProcess.start(run_folder, uri, once=True)
    process.finish(status)
    complete = process.wait(timeout)
    process.close()
    if not complete:
        raise TrackingError(f"MLflow is not up to {run_folder}: {process.complaint()} (see {run_folder / LOG_FILE})")
