"""The callback that saves checkpoints: at its trigger, at each new best, and at the end."""

from collections.abc import Mapping
from typing import Any, Protocol

from recipes.callbacks.best import Best, Mode
from recipes.callbacks.callback import Callback, Training
from recipes.callbacks.trigger import Timer, Trigger


class Save(Protocol):
    """Writes a checkpoint of the whole training."""

    def __call__(self, best: tuple[str, float] | None = None) -> None: ...


class Checkpoint(Callback):
    """Saves every `every`, when `monitor` is best, and at the end; it runs last, so it sees what the others did.

    `save` writes a checkpoint and is given by the run, with `(monitor, value)` where it is the best so far.
    """

    priority = -100

    def __init__(self, every: str, monitor: str, mode: Mode, save: Save) -> None:
        self.trigger = Trigger.parse(every)
        self.best = Best(monitor, mode)
        self.save = save
        self.saved: tuple[int, int] | None = None
        self.timer: Timer | None = None

    @property
    def monitors(self) -> tuple[str, ...]:
        """The metric that says which checkpoint is the best."""
        return (self.best.monitor,)

    def on_start(self, training: Training) -> None:
        """Set the trigger going."""
        self.timer = Timer(self.trigger, training.steps_per_epoch, training.total_steps)

    def after_step(self, training: Training) -> None:
        """Save within an epoch; at its end the state is not complete before validation."""
        if not training.last_of_epoch and self.timer is not None and self.timer.due(training.step):
            self.write(training)

    def after_epoch(self, training: Training, metrics: Mapping[str, float]) -> None:
        """Save at an epoch's end, and at a new best whenever it comes."""
        assert self.timer is not None
        improved = self.best.improved(metrics)
        if self.timer.due(training.step) or improved:
            self.write(training, improved)

    def on_end(self, training: Training) -> None:
        """Save the end, if the last epoch did not."""
        self.keep(training)

    def keep(self, training: Training) -> None:
        """Save now, unless this very state was saved already."""
        if self.saved != (training.step, training.epoch):
            self.write(training)

    def write(self, training: Training, improved: bool = False) -> None:
        """Save now."""
        # The epoch too: before an epoch's validation and after it the step is the same.
        self.saved = (training.step, training.epoch)
        self.save(best=(self.best.monitor, self.best.value) if improved and self.best.value is not None else None)

    def state_dict(self) -> dict[str, Any]:
        """The best value, and which state was saved last."""
        return {"best": self.best.state_dict(), "saved": self.saved}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from there."""
        self.best.load_state_dict(state["best"])
        self.saved = state["saved"]
