"""The recipes' loop beside a bare step, timed in this process: `python -m tests.benchmarks.looping ORDER`."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks.process import use_cores

OVERRIDES = ("device=cpu", "data.batch_size=64", "~tracking.mlflow")


class Ready:
    """Batches that are there already, in place of a loader: what it costs is measured elsewhere."""

    def __init__(self, batches: Sequence[Any]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)

    def set_epoch(self, epoch: int) -> None:
        """Every epoch is the same."""

    def state_dict(self) -> dict[str, int]:
        """Nothing is to be kept."""
        return {}


def recipe_of(folder: Path, threads: int) -> Any:
    """The parts of the smallest experiment, an MLP 64-128-64-10, with all of its callbacks."""
    config, preflight = import_module("recipes.config"), import_module("recipes.run.preflight")
    overrides = [*OVERRIDES, f"device.threads={threads}", f"paths.outputs={folder}"]
    return preflight.prepare_recipe(config.compose("digits_mlp", overrides))


def started_loop(recipe: Any, folder: Path, batches: Sequence[Any]) -> Any:
    """The loop as a run has it: callbacks, metrics, and a tracker that writes to a file."""
    attempt = import_module("recipes.run.attempt").Attempt(folder, recipe, False)
    attempt.build(dict.fromkeys(("train", "validation", "test"), Ready(batches)))
    attempt.start(None)
    return attempt.loop


def bare_step(engine: Any, recipe: Any) -> Any:
    """The same step with nothing around it."""
    model, loss_of = recipe.model, recipe.loss
    optimizer = recipe.make_optimizer(model.parameters())
    model.train()

    def step(inputs: Any, targets: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def seconds_of_loop(loop: Any) -> float:
    """A step's share of one epoch of the loop, without what happens between epochs."""
    began = time.perf_counter()
    loop.train_epoch()
    took = time.perf_counter() - began
    loop.epoch += 1
    return took / loop.steps_per_epoch


def seconds_of_step(step: Any, batches: Sequence[Any]) -> float:
    """The time of a bare step, its loss read as often as the loop logs it."""
    began = time.perf_counter()
    for number, batch in enumerate(batches, start=1):
        loss = step(*batch)
        if number % 50 == 0:
            float(loss)
    return (time.perf_counter() - began) / len(batches)


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """What the order asks for: `threads`, `steps` in an epoch, and `rounds`."""
    use_cores(order["threads"])
    engine = import_module("engine")
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        # What can't be recorded runs as it is: the table of the steps tells.
        warnings.filterwarnings("ignore", ".* runs without its recording", RuntimeWarning)
        folder = Path(name)
        engine.manual_seed(0)
        batches = [(engine.randn(64, 1, 8, 8), engine.randint(10, (64,))) for _ in range(order["steps"])]
        loop = started_loop(recipe_of(folder, order["threads"]), folder, batches)
        eager = bare_step(engine, recipe_of(folder, order["threads"]))
        compiled = engine.compile(bare_step(engine, recipe_of(folder, order["threads"])))
        times: dict[str, list[float]] = {"loop": [], "eager": [], "compiled": []}
        for _ in range(order["rounds"] + 1):
            times["loop"].append(seconds_of_loop(loop))
            times["eager"].append(seconds_of_step(eager, batches))
            times["compiled"].append(seconds_of_step(compiled, batches))
    # The first round warms up.
    return {name: {"seconds": statistics.median(each[1:]), "rounds": each} for name, each in times.items()}


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
