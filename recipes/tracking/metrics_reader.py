"""Reading `metrics.jsonl`, whole or while a run is still writing it."""

from collections.abc import Iterator
from pathlib import Path

from recipes.tracking.errors import TrackingError
from recipes.tracking.metrics_record import MetricsRecord, decode_record


class MetricsFollower:
    """Reads a metrics file that grows; `offset` is where the next unread line begins, in bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self._lines = 0

    def new_records(self) -> Iterator[MetricsRecord]:
        """The records since the last call; a line that has no end yet is left for the next call.

        Raises TrackingError, with the line's number, for a line that holds no record.
        """
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(self.offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                record = self._decode(line)
                self.offset += len(line)
                self._lines += 1
                yield record

    def _decode(self, line: bytes) -> MetricsRecord:
        try:
            return decode_record(line)
        except (ValueError, KeyError, TypeError) as error:
            raise TrackingError(
                f"{self.path}:{self._lines + 1} holds no metrics ({line[:60]!r}). "
                "The file was changed or damaged; delete that line to go on without it."
            ) from error


def read_metrics(path: Path) -> list[MetricsRecord]:
    """All complete records of a metrics file, in the order they were written; none if there is no file."""
    return list(MetricsFollower(path).new_records())
