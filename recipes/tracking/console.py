"""The tracker that prints a line an epoch."""

import sys
import time as clock
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO


class ConsoleTracker:
    """Prints the metrics of each epoch's end as one plain line; what is logged within an epoch passes in silence.

    `stream` is standard output by default, looked up at each line.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._began = clock.monotonic()

    def start(self, run_folder: Path) -> None:
        """Start the clock that the lines show."""
        self._began = clock.monotonic()

    def log(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        """Print the metrics where `epoch` is whole; those of the test split are the command's to show."""
        metrics = {name: value for name, value in metrics.items() if not name.startswith("test/")}
        if metrics and epoch > 0 and float(epoch).is_integer():
            seconds = clock.monotonic() - self._began
            line = f"epoch {int(epoch)}  step {step}  {_by_split(metrics)}  {seconds:.1f} s"
            # Whoever read the lines may have gone, and the disk behind them be full: neither ends a training.
            with suppress(OSError):
                print(line, file=self._stream or sys.stdout, flush=True)

    def sync(self) -> None:
        """Nothing to do: each line was flushed."""

    def end(self, status: str) -> None:
        """Nothing to do: the command says how a run ended."""


def _by_split(metrics: Mapping[str, float]) -> str:
    """The metrics with each split named once: `train loss 0.3 lr 0.001  validation loss 0.4`."""
    splits: dict[str, list[str]] = {}
    for name, value in metrics.items():
        split, _, metric = name.rpartition("/")
        splits.setdefault(split, []).append(f"{metric} {value:.4g}")
    return "  ".join(" ".join([split, *values]).strip() for split, values in splits.items())
