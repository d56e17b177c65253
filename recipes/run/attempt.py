"""One attempt at a run: trains from a checkpoint or from the start, and leaves a record of every way out."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from engine.backend.threads import configure
from recipes.callbacks import Callbacks
from recipes.callbacks import Checkpoint as CheckpointCallback
from recipes.errors import DivergedError
from recipes.loops import Interrupted, Loop
from recipes.run.assemble import Recipe
from recipes.run.checkpoint import Checkpoint, save_checkpoint
from recipes.run.checkpoint_folder import Metric
from recipes.run.checkpoint_history import prune
from recipes.run.outcome import EXIT_CODES, Outcome
from recipes.run.record import begin_attempt, end_attempt
from recipes.run.safetensors_file import safetensors_chunks
from recipes.run.signals import StopSignals
from recipes.tracking import ConsoleTracker, JSONLTracker, Tracker, write_confusion_matrix


class Attempt:
    """What one process does for a run that it holds alone."""

    def __init__(self, folder: Path, recipe: Recipe, console: bool) -> None:
        self.folder = folder
        self.recipe = recipe
        self.signals = StopSignals()
        self.truth = JSONLTracker()
        self.trackers: list[Tracker] = [self.truth, *([ConsoleTracker()] if console else []), *recipe.trackers.values()]
        self.callbacks: Callbacks
        self.loop: Loop

    def run(self, checkpoint: Checkpoint | None, loaders: Mapping[str, Any]) -> Outcome:
        """Train to the end, or to whatever comes before it."""
        begin_attempt(self.folder, from_step=checkpoint.step if checkpoint else 0, now=datetime.now().astimezone())
        status = "failed"
        metrics: dict[str, float] = {}
        notes: list[str] = []
        started: list[Tracker] = []
        self.build(loaders)
        with self.signals:
            try:
                for tracker in self.trackers:
                    tracker.start(self.folder)
                    started.append(tracker)
                self.callbacks.on_start(self.loop)
                if checkpoint is not None:
                    self.loop.load_state_dict(checkpoint.parts)
                metrics = self.loop.fit()
                self.keep_tables()
                status = "finished"
                if self.loop.stopped:
                    notes.append(f"stopped after epoch {self.loop.epoch}: {self.loop.stopped}")
            except Interrupted:
                self.save()
                status = self.signals.status
                notes.append(f"stopped at step {self.loop.step}; `ml resume {self.folder.name}` goes on from there")
            except DivergedError as error:
                status = "diverged"
                notes += [str(error), f"the batch is in {self.keep_batch(error)}"]
            except KeyboardInterrupt:
                status = "interrupted"
            finally:
                self.callbacks.close()
                end_attempt(
                    self.folder, status=status, exit_code=EXIT_CODES[status], now=datetime.now().astimezone()  # type: ignore[arg-type]
                )
                notes += [note for tracker in started if (note := tracker.end(status))]
        return Outcome(self.folder, status, metrics, tuple(notes))

    def build(self, loaders: Mapping[str, Any]) -> None:
        """Put the recipe's parts together."""
        recipe, config = self.recipe, self.recipe.config
        keep = CheckpointCallback(
            config["checkpoint"]["every"], config["checkpoint"]["monitor"], config["checkpoint"]["mode"], self.save
        )
        self.callbacks = Callbacks({**recipe.callbacks, "checkpoint": keep})
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
        save_checkpoint(folder, self.loop.step, parts, finite=finite, best=Metric(*best) if best else None, to_array=to_array)
        prune(folder, keep_last=self.recipe.config["checkpoint"]["keep"])

    def keep_tables(self) -> None:
        """Leave the test split's tables where the tracking finds them."""
        classes = self.recipe.dataset.spec().classes
        for table in self.loop.evaluation_metrics.tables().values():
            write_confusion_matrix(table.astype(int).tolist(), classes, self.folder)

    def keep_batch(self, error: DivergedError) -> Path:
        """Write the batch that broke the training."""
        path = self.folder / f"diverged-step-{self.loop.step + 1:08d}.safetensors"
        arrays = {name: to_array(each) for name, each in zip(("inputs", "targets"), error.batch or (), strict=False)}
        path.write_bytes(b"".join(bytes(chunk) for chunk in safetensors_chunks(arrays)))
        return path


def to_array(value: Any) -> Any:
    """A tensor's elements on the host."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def frozen_facts(recipe: Recipe) -> dict[str, Any]:
    """What decides the rounding of a step and must be the same after a resume."""
    settings = {each.name: each.value for each in configure().settings}
    return {"device": str(recipe.device), "threads": configure().threads, "settings": settings, "compile": "off"}


