"""Loop: the story of a training, epochs of steps with validation, its callbacks and its state."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import engine
from recipes.callbacks import Callbacks, Timer, Trigger
from recipes.loops.steps import Steps, counted
from recipes.metrics import Metrics, ScalarMetric

Batch = tuple[Any, Any]
Log = Callable[[int, float, Mapping[str, float]], None]


class Interrupted(Exception):
    """A stop signal was seen between two batches; `state_dict` of the loop is complete."""


class Loop:
    """Trains `model` for `epochs` over `loaders["train"]`, validates after each, and tests at the end.

    A subclass says what a step is. `log(step, epoch, metrics)` keeps metrics; `interrupted()` is asked before each
    batch, in training and evaluation, and ends the training by Interrupted. The whole state is in `state_dict`.
    With `compile`, what a subclass makes `pure` is recorded and replayed, with the same results.
    """

    compiles: ClassVar[bool] = False
    """Whether the steps of such loops are pure enough for `compile: auto` to record them."""

    def __init__(
        self,
        *,
        model: Any,
        optimizer: Any,
        loaders: Mapping[str, Any],
        metrics: Mapping[str, Any],
        callbacks: Callbacks,
        device: Any,
        epochs: int,
        log: Log,
        interrupted: Callable[[], bool],
        log_every: str = "50st",
        compile: bool = False,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.loaders = loaders
        self.callbacks = callbacks
        self.device = device
        self.epochs = epochs
        self.log = log
        self.interrupted = interrupted
        self.train_metrics = Metrics({name: each for name, each in _fresh(metrics) if isinstance(each, ScalarMetric)})
        self.evaluation_metrics = Metrics(dict(_fresh(metrics)))
        self.compile = compile
        self.learning: Any = None
        self.step = 0
        self.begun = 0
        self.epoch = 0
        self.stopped: str | None = None
        self.steps_per_epoch = len(loaders["train"])
        self.log_timer = Timer(Trigger.parse(log_every), self.steps_per_epoch, self.total_steps)

    @property
    def total_steps(self) -> int:
        """The steps of all epochs."""
        return self.epochs * self.steps_per_epoch

    @property
    def last_of_epoch(self) -> bool:
        """Whether the step that just ended was the last of its epoch."""
        return self.step == (self.epoch + 1) * self.steps_per_epoch

    def pure(self, function: Callable[..., Any]) -> Any:
        """The function, recorded and replayed if the loop compiles; it may act on tensors alone."""
        return engine.compile(function) if self.compile else function

    def steps(self) -> Steps:
        """What became of the steps since the start or the resume."""
        return counted(self.begun, self.learning if self.compile else None)

    def stop(self, reason: str) -> None:
        """Train no further epoch."""
        self.stopped = reason

    def training_step(self, batch: Batch) -> Any:
        """Forward, loss and backward of one batch, metrics included; returns the loss."""
        raise NotImplementedError

    def evaluation_step(self, batch: Batch) -> None:
        """Forward, loss and metrics of one batch."""
        raise NotImplementedError

    def fit(self) -> dict[str, float]:
        """Train what is left of the epochs; returns the metrics of the test split."""
        while self.epoch < self.epochs and self.stopped is None:
            self.train_epoch()
            self.finish_epoch()
        self.callbacks.on_end(self)
        results = self.evaluate("test")
        self.log(self.step, float(self.epoch), results)
        return results

    def train_epoch(self) -> None:
        """The steps that are left of this epoch: none where a stop signal came after its last one."""
        if self.last_of_epoch:
            return
        self.model.train()
        for batch in self.batches("train"):
            self.begun += 1
            loss = self.training_step(batch)
            self.callbacks.before_update(self, loss, batch)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.step += 1
            if self.log_timer.due(self.step) and not self.last_of_epoch:
                self.log(self.step, self.step / self.steps_per_epoch, self.step_metrics(loss))
            self.callbacks.after_step(self)

    def step_metrics(self, loss: Any) -> dict[str, float]:
        """What is logged within an epoch."""
        return {"train/batch_loss": float(loss), "train/lr": self.rate}

    @property
    def rate(self) -> float:
        """The learning rate of the first parameter group."""
        return float(self.optimizer.param_groups[0]["lr"])

    def finish_epoch(self) -> None:
        """Validate, log, and stand at the start of the next epoch."""
        metrics = {f"train/{name}": value for name, value in self.train_metrics.compute().items()}
        metrics |= {"train/lr": self.rate} | self.evaluate("validation")
        self.epoch += 1
        self.train_metrics.reset()
        self.loaders["train"].set_epoch(self.epoch)
        self.log(self.step, float(self.epoch), metrics)
        self.callbacks.after_epoch(self, metrics)

    def evaluate(self, split: str) -> dict[str, float]:
        """The metrics of a split, named `split/metric`; tables are left in `evaluation_metrics`."""
        self.evaluation_metrics.reset()
        self.model.eval()
        self.loaders[split].set_epoch(0)
        with engine.no_grad():
            for batch in self.batches(split):
                self.evaluation_step(batch)
        return {f"{split}/{name}": value for name, value in self.evaluation_metrics.compute().items()}

    def batches(self, split: str) -> Iterable[Batch]:
        """The batches of a split on the loop's device, until a stop signal comes."""
        if self.interrupted():
            raise Interrupted
        for inputs, targets in self.loaders[split]:
            yield self.here(inputs), self.here(targets)
            if self.interrupted():
                raise Interrupted

    def here(self, tensor: Any) -> Any:
        """The tensor on the loop's device."""
        return tensor if tensor.device == self.device else tensor.to(self.device)

    def state_dict(self) -> dict[str, Any]:
        """Everything a resume needs, by part."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "loop": {
                "step": self.step,
                "epoch": self.epoch,
                "stopped": self.stopped,
                "loader": self.loaders["train"].state_dict(),
                "metrics": self.train_metrics.state_dict(),
                "callbacks": self.callbacks.state_dict(),
                "generator": engine.random.default_generator.state_dict(),
            },
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from there."""
        loop = state["loop"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.epoch, self.stopped = loop["step"], loop["epoch"], loop["stopped"]
        # A scheduler may be what goes on first, and asks whether the optimizer stepped before it.
        self.optimizer.steps_taken = self.step
        self.loaders["train"].load_state_dict(loop["loader"])
        self.train_metrics.load_state_dict(loop["metrics"])
        self.callbacks.load_state_dict(loop["callbacks"])
        engine.random.default_generator.load_state_dict(loop["generator"])


def _fresh(metrics: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Metrics of the same kinds with sums of their own."""
    for name, metric in metrics.items():
        twin = object.__new__(type(metric))
        twin.__dict__.update(metric.__dict__)
        twin.reset()
        yield name, twin
