"""Makes the parts of a recipe from a config; nothing is read and nothing is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import engine
from engine.backend.namespace import cuda_device_count
from recipes.callbacks import Scheduler
from recipes.config import instantiate
from recipes.metrics import Metrics
from recipes.run.batches import BatchTransform, loader
from recipes.transforms import Compose

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Recipe:
    """The parts of an experiment; `make_loop` and `make_optimizer` wait for what a run gives them.

    `compile` says whether the loop records its steps and replays them.
    """

    config: dict[str, Any]
    device: Any
    compile: bool
    dataset: Any
    transform: Compose
    model: Any
    loss: Any
    metrics: Metrics
    callbacks: dict[str, Any]
    trackers: dict[str, Any]
    make_loop: Callable[..., Any]
    make_optimizer: Callable[..., Any]

    def loaders(self) -> dict[str, Any]:
        """Read the data: a loader for each split; raises UsageError where it cannot be read."""
        config, data = self.config, self.config["data"]
        return {
            split: loader(
                getattr(self.dataset, split),
                BatchTransform(self.transform, training=split == "train"),
                batch_size=data["batch_size"],
                workers=data["workers"] if split == "train" else 0,
                seed=config["seed"],
                training=split == "train",
                drop_last=data["drop_last"] and split == "train",
            )
            for split in SPLITS
        }

    @property
    def metric_names(self) -> list[str]:
        """What a `monitor` may name."""
        return [f"{split}/{name}" for split in ("train", "validation") for name in self.metrics.names()] + ["train/lr"]


def assemble(config: Mapping[str, Any], trusted: Sequence[str] = ()) -> Recipe:
    """Make every part that a checked config names; raises ConfigError where one refuses its values.

    The parameters come from the config's seed.
    """

    def make(key: str) -> Any:
        node = config
        for name in key.split("."):
            node = node[name]
        return instantiate(node, trusted, key=key)

    if config["device"]["threads"] is not None:
        engine.set_num_threads(config["device"]["threads"])
    engine.manual_seed(config["seed"])
    loop = make("loop")
    callbacks = {name: each for name, each in make("callbacks").items() if each is not None}
    rule = make("scheduler.rule")
    if rule is not None:
        callbacks["scheduler"] = Scheduler(rule, config["scheduler"]["every"], config["scheduler"]["monitor"])
    device = choose_device(config["device"])
    return Recipe(
        config=dict(config),
        device=device,
        compile=choose_compile(config["compile"], device, loop),
        dataset=make("data.dataset"),
        transform=Compose({name: each for name, each in make("data.transforms").items() if each is not None}),
        model=make("model"),
        loss=loop.keywords["loss"],
        metrics=Metrics({name: each for name, each in make("metrics").items() if each is not None}),
        callbacks=callbacks,
        trackers={name: each for name, each in make("tracking").items() if each is not None},
        make_loop=loop,
        make_optimizer=make("optimizer"),
    )


def choose_compile(wish: str | bool, device: Any, loop: Any) -> bool:
    """Whether steps are recorded and replayed; `auto` does it on the CPU, in loops that are made for it."""
    if wish == "auto":
        return device.type == "cpu" and getattr(loop, "func", loop).compiles
    return wish in (True, "on")


def choose_device(config: Mapping[str, Any]) -> Any:
    """The device that the config names; `auto` is a GPU where there is one."""
    name = config["name"]
    if name == "auto":
        name = "cuda" if cuda_device_count() else "cpu"
    return engine.device(name, config["index"] if name == "cuda" else None)
