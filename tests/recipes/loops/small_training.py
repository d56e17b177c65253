"""A training of real parts, small enough to be done many times in a test, and its state as from a checkpoint."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import engine
from engine import nn
from engine.optim import SGD
from engine.serialization.state_tree import join, split
from engine.utils.data import DataLoader, TensorDataset
from recipes.callbacks import Callback, Callbacks
from recipes.loops import Supervised
from recipes.metrics import Accuracy, ConfusionMatrix, MeanLoss, Metric
from recipes.models import MLP
from recipes.run.host import to_array, with_tensors

FEATURES, CLASSES, BATCH = 6, 3, 5
SIZES = {"train": 23, "validation": 11, "test": 9}
STEPS_PER_EPOCH = -(-SIZES["train"] // BATCH)

Logged = tuple[int, float, dict[str, float]]


def samples(split_name: str) -> tuple[Any, Any]:
    """The inputs and targets of a split: classes that a line can nearly tell apart."""
    rng = np.random.default_rng(list(SIZES).index(split_name))
    targets = rng.integers(0, CLASSES, SIZES[split_name])
    inputs = rng.normal(size=(SIZES[split_name], FEATURES)) + np.eye(CLASSES, FEATURES)[targets]
    return engine.from_numpy(inputs.astype("float32")), engine.from_numpy(targets)


def loaders() -> dict[str, Any]:
    """Shuffled batches of the train split, batches in order of the others."""
    return {
        name: DataLoader(TensorDataset(*samples(name)), batch_size=BATCH, shuffle=name == "train", seed=3)
        for name in SIZES
    }


def model(seed: int = 0, dropout: float = 0.2) -> MLP:
    """A model whose parameters come from the seed; the generator goes on from there."""
    engine.manual_seed(seed)
    return MLP(FEATURES, [8], CLASSES, dropout=dropout)


def momentum(parameters: Any) -> SGD:
    """The optimizer that a small training has by default."""
    return SGD(parameters, lr=0.1, momentum=0.9)


class SmallTraining:
    """A Supervised loop, started, with all that it logged."""

    def __init__(
        self,
        epochs: int = 3,
        seed: int = 0,
        dropout: float = 0.2,
        optimizer: Callable[[Any], Any] = momentum,
        loss: Callable[[Any, Any], Any] | None = None,
        interrupted: Callable[[], bool] = lambda: False,
        log_every: str = "2st",
        metrics: Mapping[str, Metric] | None = None,
        compile: bool = False,
        made: Any = None,
        data: Mapping[str, Any] | None = None,
        **callbacks: Callback,
    ) -> None:
        self.logged: list[Logged] = []
        made = model(seed, dropout) if made is None else made
        self.loop = Supervised(
            model=made,
            optimizer=optimizer(made.parameters()),
            loaders=data or loaders(),
            metrics=metrics or {"loss": MeanLoss(), "accuracy": Accuracy(), "confusion": ConfusionMatrix()},
            callbacks=Callbacks(callbacks),
            device=engine.device("cpu"),
            epochs=epochs,
            log=self.log,
            interrupted=interrupted,
            log_every=log_every,
            loss=loss or nn.CrossEntropyLoss(),
            compile=compile,
        )
        self.loop.callbacks.on_start(self.loop)

    def log(self, step: int, epoch: float, metrics: Mapping[str, float]) -> None:
        self.logged.append((step, epoch, dict(metrics)))

    def values(self, name: str) -> list[float]:
        """The values that a metric was logged with, in order."""
        return [metrics[name] for _, _, metrics in self.logged if name in metrics]


def parameters_of(loop: Any) -> dict[str, bytes]:
    """The bytes of each parameter and buffer."""
    return {name: to_array(each).tobytes() for name, each in loop.model.state_dict().items()}


def through_a_checkpoint(state: Mapping[str, Any]) -> Any:
    """The state as it comes back from files: arrays apart, the rest through JSON."""
    arrays, skeleton = split(state, to_array)
    return with_tensors(join({name: np.array(each) for name, each in arrays.items()}, json.loads(json.dumps(skeleton))))
