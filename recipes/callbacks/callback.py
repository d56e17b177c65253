"""What a callback is: something that watches a training and may act at its steps and epochs."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Training(Protocol):
    """What callbacks see of a loop.

    `step` counts optimizer steps, `epoch` whole epochs; `last_of_epoch` says that the epoch's end follows this step.
    """

    model: Any
    optimizer: Any
    step: int
    epoch: int
    epochs: int
    steps_per_epoch: int

    @property
    def total_steps(self) -> int: ...

    @property
    def last_of_epoch(self) -> bool: ...

    def stop(self, reason: str) -> None: ...


class Callback:
    """Hooks of a training; a higher `priority` is called earlier.

    `monitors` names the metrics that it needs, with their prefix, so that a missing one is known before training.
    """

    priority: int = 0

    @property
    def monitors(self) -> tuple[str, ...]:
        """The metrics that it needs, such as `validation/loss`."""
        return ()

    def on_start(self, training: Training) -> None:
        """Before the first step of an attempt, and before the state that a checkpoint may give."""

    def before_update(self, training: Training, loss: Any, batch: Any) -> None:
        """After backward, before the optimizer changes anything."""

    def after_step(self, training: Training) -> None:
        """After a step; at an epoch's last one, `after_epoch` follows."""

    def after_epoch(self, training: Training, metrics: Mapping[str, float]) -> None:
        """After an epoch and its validation; `training.epoch` counts it already."""

    def on_end(self, training: Training) -> None:
        """After the last epoch of a training that was not interrupted."""

    def close(self) -> None:
        """At every way out, also by an error."""

    def state_dict(self) -> dict[str, Any]:
        """What must survive a resume."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` gave."""


class Callbacks:
    """Callbacks by name, called by priority, then in the order of the config."""

    def __init__(self, callbacks: Mapping[str, Callback]) -> None:
        self.by_name = dict(callbacks)
        self.ordered = sorted(self.by_name.values(), key=lambda each: -each.priority)
        # A step asks those alone that have something to do in it.
        self.before_updates = self._with_own(Callback.before_update)
        self.after_steps = self._with_own(Callback.after_step)

    def on_start(self, training: Training) -> None:
        """Tell all."""
        for each in self.ordered:
            each.on_start(training)

    def before_update(self, training: Training, loss: Any, batch: Any) -> None:
        """Tell all."""
        for tell in self.before_updates:
            tell(training, loss, batch)

    def after_step(self, training: Training) -> None:
        """Tell all."""
        for tell in self.after_steps:
            tell(training)

    def after_epoch(self, training: Training, metrics: Mapping[str, float]) -> None:
        """Tell all."""
        for each in self.ordered:
            each.after_epoch(training, metrics)

    def on_end(self, training: Training) -> None:
        """Tell all."""
        for each in self.ordered:
            each.on_end(training)

    def close(self) -> None:
        """Close all."""
        for each in self.ordered:
            each.close()

    def state_dict(self) -> dict[str, Any]:
        """The states by name."""
        return {name: each.state_dict() for name, each in self.by_name.items()}

    def _with_own(self, hook: Callable[..., None]) -> list[Callable[..., None]]:
        """The hooks of this name of those callbacks that define it."""
        found = [getattr(each, hook.__name__) for each in self.ordered]
        return [each for each in found if getattr(each, "__func__", None) is not hook]

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue each from its state; a callback that is new to the run starts afresh."""
        for name, each in self.by_name.items():
            if name in state:
                each.load_state_dict(state[name])
