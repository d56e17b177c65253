"""The tracker that mirrors a run to MLflow, from a process of its own."""

from collections.abc import Mapping
from pathlib import Path

from recipes.tracking.mirror_process import MirrorProcess
from recipes.tracking.mlflow_uri import checked_uri


class MLflowMirror:
    """Mirrors the run to MLflow at `uri`, the outputs folder's own database by default.

    At its end the run waits for the mirror, up to `wait` seconds. Raises UsageError for a URI that cannot be MLflow's.
    """

    def __init__(self, uri: str | None = None, wait: float = 60.0) -> None:
        self.uri = None if uri is None else checked_uri(uri)
        self.wait = wait
        self._run = ""
        self._process: MirrorProcess | None = None
        self._trouble = "its mirror was never started"

    def start(self, run_folder: Path) -> None:
        """Start the mirror; a machine that cannot is told of at the end, and the run goes on."""
        self._run = run_folder.name
        try:
            self._process = MirrorProcess.start(run_folder, self.uri)
        except OSError as error:
            self._trouble = f"its mirror could not be started: {error}"

    def log(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        """Nothing to do: the mirror reads `metrics.jsonl`."""

    def sync(self) -> None:
        """Nothing to do: the mirror reads `metrics.jsonl`."""

    def end(self, status: str) -> str | None:
        """Tell the mirror the run's status and wait for it; returns why MLflow lacks something, if it does."""
        if self._process is not None:
            self._process.finish(status)
            complete = self._process.wait(self.wait)
            self._process.close()
            if complete:
                return None
            self._trouble = self._process.complaint()
        return f"MLflow does not have all of this run ({self._trouble}); `ml runs sync {self._run}` completes it"
