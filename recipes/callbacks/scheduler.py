"""The callback that moves the learning rate."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from recipes.callbacks.callback import Callback, Training
from recipes.callbacks.trigger import Timer, Trigger
from recipes.errors import UsageError


class Scheduler(Callback):
    """Steps a rule of `engine.optim.lr_scheduler` once per `every`.

    `rule(optimizer)` makes the scheduler; a rule that takes `steps_per_epoch` is given it, one whose step takes
    `metrics` (ReduceLROnPlateau) gets `monitor`.
    """

    priority = 50

    def __init__(self, rule: Callable[..., Any], every: str = "1ep", monitor: str = "validation/loss") -> None:
        self.rule = rule
        self.trigger = Trigger.parse(every, clock=False)
        self.monitor = monitor
        self.scheduler: Any = None
        self.timer: Timer | None = None
        self.within_epochs = False

    @property
    def follows_metric(self) -> bool:
        """Whether the rule steps by a metric."""
        made: Any = getattr(self.rule, "func", self.rule)
        return "metrics" in inspect.signature(made.step).parameters

    @property
    def monitors(self) -> tuple[str, ...]:
        """The metric that the rule steps by, if it does."""
        return (self.monitor,) if self.follows_metric else ()

    def on_start(self, training: Training) -> None:
        """Make the scheduler over the training's optimizer, before a checkpoint's state comes."""
        self.scheduler = self.make(training.optimizer, training.steps_per_epoch)
        self.timer = Timer(self.trigger, training.steps_per_epoch, training.total_steps)
        self.within_epochs = not self.follows_metric

    def make(self, optimizer: Any, steps_per_epoch: int) -> Any:
        """A scheduler over an optimizer; UsageError or ValueError where the rule can't be followed so."""
        if self.follows_metric and self.trigger.unit != "ep":
            raise UsageError(f"scheduler.every: a rule that follows {self.monitor} steps once per epochs, such as 1ep")
        parameters = inspect.signature(getattr(self.rule, "func", self.rule)).parameters
        given = getattr(self.rule, "keywords", {})
        missing = "steps_per_epoch" in parameters and "total_steps" not in given and "steps_per_epoch" not in given
        extra = {"steps_per_epoch": steps_per_epoch} if missing else {}
        return self.rule(optimizer, **extra)

    def after_step(self, training: Training) -> None:
        """Step within an epoch."""
        assert self.timer is not None
        if self.within_epochs and self.timer.due(training.step) and not training.last_of_epoch:
            self.scheduler.step()

    def after_epoch(self, training: Training, metrics: Mapping[str, float]) -> None:
        """Step at an epoch's end; the rate after the run's last step would never be used."""
        assert self.timer is not None
        if not self.timer.due(training.step) or training.step >= training.total_steps:
            return
        if self.follows_metric:
            self.scheduler.step(metrics[self.monitor])
        else:
            self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """Where the rule stands."""
        return dict(self.scheduler.state_dict())

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from there; the rates themselves are the optimizer's state."""
        self.scheduler.load_state_dict(dict(state))
