"""How a command that ran a training ended."""

from dataclasses import dataclass
from pathlib import Path

EXIT_CODES = {"finished": 0, "failed": 1, "diverged": 3, "preempted": 75, "interrupted": 130}


@dataclass(frozen=True)
class Outcome:
    """A run's folder (None after a dry run), how it ended, the metrics of the test split, and notes for the person."""

    folder: Path | None
    status: str
    metrics: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """What `ml` ends with."""
        return EXIT_CODES[self.status]
