"""The tracker that writes the run's `metrics.jsonl`."""

from collections.abc import Mapping
from pathlib import Path

from recipes.tracking.metrics_file import MetricsFile

METRICS_FILE = "metrics.jsonl"


class JSONLTracker:
    """Writes every metric to `metrics.jsonl` in the run's folder before the next step starts."""

    def __init__(self) -> None:
        self._file: MetricsFile | None = None

    def start(self, run_folder: Path) -> None:
        """Open the metrics file, or go on with the one of an earlier attempt."""
        self._file = MetricsFile(run_folder / METRICS_FILE)

    def log(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        """Append the metrics that the file does not have at this step yet."""
        self._started().log(step, epoch, metrics)

    def sync(self) -> None:
        """Put the file on the disk itself."""
        self._started().sync()

    def end(self, status: str) -> None:
        """Close the file; the status is written elsewhere, in `run.json`."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _started(self) -> MetricsFile:
        if self._file is None:
            raise RuntimeError("start(run_folder) opens the metrics file; call it before log() and sync()")
        return self._file
