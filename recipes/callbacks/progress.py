"""The callback that draws a progress bar on a terminal."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from recipes.callbacks.callback import Callback, Training


class Progress(Callback):
    """A bar with steps, epoch, loss and the time that is left; draws nothing where standard error is no terminal."""

    priority = -50
    width_for_metrics = 80

    def __init__(self, refresh: float = 5.0) -> None:
        self.refresh = refresh
        self.bar: Any = None
        self.training: Any = None
        self.task: Any = None
        self.drawn = 0.0

    def on_start(self, training: Training) -> None:
        """Open the bar."""
        if not sys.stderr.isatty():
            return
        # Imported here for the sake of start-up: only a terminal needs it.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.training = training
        console = Console(stderr=True)
        # Where all does not fit, steps and eta matter more than metrics, which each epoch's line has too.
        shown = [TextColumn("{task.fields[shown]}")] if console.width >= self.width_for_metrics else []
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("eta"),
            TimeRemainingColumn(),
            *shown,
            console=console,
            refresh_per_second=self.refresh,
            # Lines that go to the same terminal are printed above the bar; those that go to a file, into the file.
            redirect_stdout=sys.stdout.isatty(),
        )
        self.bar.start()

    def after_step(self, training: Training) -> None:
        """Move the bar, as often as it is drawn."""
        if self.bar is not None and time.monotonic() - self.drawn >= 1 / self.refresh:
            self.draw(training)

    def after_epoch(self, training: Training, metrics: Mapping[str, float]) -> None:
        """Show the validation metrics beside the bar."""
        shown = "  ".join(
            f"{name.removeprefix('validation/')} {value:.4g}"
            for name, value in metrics.items()
            if name.startswith("validation/")
        )
        self.draw(training, shown=shown)

    def draw(self, training: Training, **fields: str) -> None:
        """Show where the training stands."""
        if self.bar is None:
            return
        epoch = min(training.epoch + 1, training.epochs)
        if self.task is None:
            # A resumed training knows its step only now; a jump to it would count as speed, and the eta be wrong.
            place = {"completed": training.step, "total": training.total_steps, "epoch": epoch}
            self.task = self.bar.add_task("train", **place, epochs=training.epochs, shown="")
        self.drawn = time.monotonic()
        self.bar.update(self.task, completed=training.step, epoch=epoch, **fields)

    def close(self) -> None:
        """Leave the bar where the training stands."""
        if self.bar is not None:
            if self.task is not None:
                self.draw(self.training)
            self.bar.stop()
            self.bar = None
