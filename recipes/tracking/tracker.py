"""What a training run asks of whoever keeps its records."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Tracker(Protocol):
    """Keeps records of one run: started once in each attempt, told of metrics as they come, ended with a status."""

    def start(self, run_folder: Path) -> None:
        """Begin to record the run in this folder, or go on where the last attempt stopped."""

    def log(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        """Record metrics by name at a step; `epoch` counts fractions and is whole where an epoch has ended."""

    def sync(self) -> None:
        """Make what was logged durable; called with each checkpoint."""

    def end(self, status: str) -> str | None:
        """Record how the attempt ended; returns what is left for the person to do, None if nothing is.

        The status is one of finished, failed, diverged, preempted, interrupted.
        """
