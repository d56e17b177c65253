"""One attempt at a run: trains from a checkpoint or from the start, and leaves a record of every way out."""

import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.backend.atomic import replace_file
from engine.backend.threads import configure
from engine.serialization.safetensors_format import safetensors_chunks
from recipes.callbacks import Callbacks
from recipes.callbacks import Checkpoint as CheckpointCallback
from recipes.config import raised
from recipes.errors import DivergedError, GalleyError, UsageError
from recipes.loops import Interrupted, Loop
from recipes.run.assemble import Recipe
from recipes.run.checkpoint import Checkpoint, save_checkpoint
from recipes.run.checkpoint_folder import Metric
from recipes.run.checkpoint_history import prune
from recipes.run.host import to_array, with_tensors
from recipes.run.outcome import EXIT_CODES, Outcome
from recipes.run.record import Status, begin_attempt, end_attempt
from recipes.run.signals import StopSignals
from recipes.tracking import ConsoleTracker, JSONLTracker, Tracker, write_confusion_matrix


class Attempt:
    """What one process does for a run that it holds alone."""

    def __init__(self, folder: Path, recipe: Recipe, console: bool) -> None:
        self.folder = folder
        self.recipe = recipe
        self.signals = StopSignals()
        self.trackers: list[Tracker] = [
            JSONLTracker(),
            *([ConsoleTracker()] if console else []),
            *recipe.trackers.values(),
        ]
        self.started: list[Tracker] = []
        self.callbacks = Callbacks({})
        self.keeper: CheckpointCallback
        self.loop: Loop

    def run(self, checkpoint: Checkpoint | None, loaders: Mapping[str, Any]) -> Outcome:
        """Train to the end, or to whatever comes before it; every way out is in the record."""
        with self.signals:
            begin_attempt(self.folder, from_step=checkpoint.step if checkpoint else 0, now=_now())
            try:
                self.build(loaders)
                self.start(checkpoint)
                outcome = self.train()
            except KeyboardInterrupt:
                # Asked twice to stop: whoever asks again does not want to wait for the trackers.
                self.leave("interrupted")
                raise
            except BaseException as error:
                # What went wrong is to be told, not what its record met on the same full disk.
                with suppress(GalleyError, OSError):
                    self.leave("failed")
                with suppress(GalleyError, OSError):
                    self.end_trackers("failed")
                if not isinstance(error, Exception) or isinstance(error, UsageError):
                    raise
                return Outcome(self.folder, "failed", {}, (self.keep_error(error),))
            self.leave(outcome.status)
            return replace(outcome, notes=(*outcome.notes, *self.end_trackers(outcome.status)))

    def start(self, checkpoint: Checkpoint | None) -> None:
        """Bring everything to where the checkpoint stands, or to the beginning."""
        for tracker in self.trackers:
            tracker.start(self.folder)
            self.started.append(tracker)
        self.callbacks.on_start(self.loop)
        if checkpoint is not None:
            self.loop.load_state_dict(with_tensors(checkpoint.parts))

    def train(self) -> Outcome:
        """Train until the end, a stop signal or a loss that is no number."""
        try:
            metrics = self.loop.fit()
        except Interrupted:
            self.keeper.keep(self.loop)
            goes_on = f"stopped at step {self.loop.step}; `ml resume {self.folder.name}` goes on from there"
            return Outcome(self.folder, self.signals.status, {}, (goes_on,))
        except DivergedError as error:
            return Outcome(self.folder, "diverged", {}, (str(error), self.keep_batch(error)))
        self.keep_tables()
        reason = self.loop.stopped
        return Outcome(
            self.folder, "finished", metrics, (f"stopped after epoch {self.loop.epoch}: {reason}",) if reason else ()
        )

    def keep_error(self, error: Exception) -> str:
        """What ended the training, in words; the traceback of what nobody foresaw is left in the run's folder."""
        if isinstance(error, GalleyError):
            return str(error)
        path = self.folder / "traceback.txt"
        try:
            replace_file(path, "".join(traceback.format_exception(error)).encode(errors="backslashreplace"))
        except OSError as refusal:
            return f"{raised(error)}; its traceback could not be written to {path}: {refusal.strerror or refusal}"
        return f"{raised(error)}; the full traceback is in {path}"

    def leave(self, status: str) -> None:
        """Record how the attempt ended."""
        self.callbacks.close()
        # An attempt may fail before it has a loop.
        loop: Loop | None = vars(self).get("loop")
        steps = asdict(loop.steps()) if loop is not None else {}
        end_attempt(self.folder, status=cast(Status, status), exit_code=EXIT_CODES[status], now=_now(), steps=steps)

    def end_trackers(self, status: str) -> list[str]:
        """Close the trackers; returns what they leave to the person."""
        return [note for tracker in self.started if (note := tracker.end(status))]

    def build(self, loaders: Mapping[str, Any]) -> None:
        """Put the recipe's parts together."""
        recipe, config = self.recipe, self.recipe.config
        kept = config["checkpoint"]
        self.keeper = CheckpointCallback(kept["every"], kept["monitor"], kept["mode"], self.save)
        self.callbacks = Callbacks({**recipe.callbacks, "checkpoint": self.keeper})
        model = recipe.model.to(recipe.device)
        self.loop = recipe.make_loop(
            model=model,
            optimizer=recipe.make_optimizer(model.parameters()),
            loaders=loaders,
            metrics=recipe.metrics,
            callbacks=self.callbacks,
            device=recipe.device,
            epochs=config["epochs"],
            log=self.log,
            interrupted=self.signals.asked_to_stop,
            compile=recipe.compile,
        )

    def log(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        """Tell every tracker, the truth first."""
        for tracker in self.trackers:
            tracker.log(step, epoch, metrics)

    def save(self, best: tuple[str, float] | None = None) -> None:
        """Save the whole state, after what was logged until now is on the disk."""
        for tracker in self.trackers:
            tracker.sync()
        parts = self.loop.state_dict()
        finite = all(bool(np.isfinite(to_array(each)).all()) for each in parts["model"].values())
        folder = self.folder / "checkpoints"
        save_checkpoint(
            folder, self.loop.step, parts, finite=finite, best=Metric(*best) if best else None, to_array=to_array
        )
        prune(folder, keep_last=self.recipe.config["checkpoint"]["keep"])

    def keep_tables(self) -> None:
        """Leave the test split's tables where the tracking finds them; GalleyError where the disk refuses."""
        classes = self.recipe.dataset.spec().classes
        try:
            for table in self.loop.evaluation_metrics.tables().values():
                write_confusion_matrix(table.astype(int).tolist(), classes, self.folder)
        except OSError as error:
            raise GalleyError(f"the tables of {self.folder} could not be written: {error.strerror or error}") from error

    def keep_batch(self, error: DivergedError) -> str:
        """Write the batch that broke the training; says where."""
        path = self.folder / f"diverged-step-{self.loop.step + 1:08d}.safetensors"
        arrays = {name: to_array(each) for name, each in zip(("inputs", "targets"), error.batch or (), strict=False)}
        try:
            replace_file(path, b"".join(safetensors_chunks(arrays)))
        except OSError as refusal:
            return f"the batch could not be written to {path}: {refusal.strerror or refusal}"
        return f"the batch is in {path}"


def frozen_facts(recipe: Recipe) -> dict[str, Any]:
    """What decides the rounding of a step and must be the same after a resume."""
    settings = {each.name: each.value for each in configure().settings}
    return {
        "device": str(recipe.device),
        "threads": recipe.config["device"]["threads"] or configure().threads,
        "settings": settings,
        "compile": "on" if recipe.compile else "off",
    }


def _now() -> datetime:
    return datetime.now().astimezone()
