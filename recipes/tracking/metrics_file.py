"""Writing `metrics.jsonl`, the truth about a run that every other record mirrors."""

import os
import time as clock
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from recipes.tracking.errors import TrackingError
from recipes.tracking.metrics_reader import MetricsFollower
from recipes.tracking.metrics_record import MetricsRecord, encode_record


class MetricsFile:
    """Appends metrics to a file, each name at most once a step, also across resumes.

    Opening a file that a killed run left cuts its torn last line. Raises TrackingError where the file cannot be
    read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._steps: defaultdict[str, set[int]] = defaultdict(set)
        self._directory_synced = False
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise TrackingError(f"Cannot write the metrics file {path}: {error.strerror}.") from error
        try:
            follower = MetricsFollower(path)
            for record in follower.new_records():
                self._remember(record.step, record.metrics)
            self._size = follower.offset
            self._file.truncate(self._size)
        except BaseException:
            self._file.close()
            raise

    def log(self, step: int, epoch: float, metrics: Mapping[str, float], time: float | None = None) -> None:
        """Append one record, handed to the operating system on return; `time` is in unix seconds, now by default.

        A name that the file already has at this step is left out.
        """
        news = {name: float(value) for name, value in metrics.items() if step not in self._steps[name]}
        if not news:
            return
        record = MetricsRecord(int(step), float(epoch), clock.time() if time is None else time, news)
        self._append(encode_record(record))
        self._remember(record.step, news)

    def sync(self) -> None:
        """Put what was logged on the disk itself, so that it outlives a power failure."""
        os.fsync(self._file.fileno())
        if not self._directory_synced:
            _sync_directory(self.path.parent)
            self._directory_synced = True

    def close(self) -> None:
        """Sync and close the file; closing twice does nothing."""
        if not self._file.closed:
            self.sync()
            self._file.close()

    def __enter__(self) -> "MetricsFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, line: bytes) -> None:
        written = 0
        try:
            while written < len(line):
                written += self._file.write(line[written:]) or 0
        except OSError as error:
            # Half a line in the middle of the file would make all that follows unreadable.
            self._file.truncate(self._size)
            raise TrackingError(f"Cannot write the metrics file {self.path}: {error.strerror}.") from error
        self._size += len(line)

    def _remember(self, step: int, metrics: Mapping[str, float]) -> None:
        for name in metrics:
            self._steps[name].add(step)


def _sync_directory(directory: Path) -> None:
    # A new file's name is on the disk only when its folder is.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
