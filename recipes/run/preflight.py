"""Checks a whole recipe before any data is read: what its parts name, and one step on tensors without elements."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import engine
from engine.backend.namespace import cuda_device_count
from recipes.callbacks import Trigger
from recipes.config import Composed, ConfigError, Problem, check
from recipes.config.errors import suggestion
from recipes.errors import UsageError
from recipes.run.assemble import Recipe, assemble


def preflight(composed: Composed, trusted: Sequence[str] = ()) -> list[Problem]:
    """All problems of a config: its keys and types first, then what only its parts can tell."""
    try:
        prepare_recipe(composed, trusted)
    except ConfigError as error:
        return list(error.problems)
    except UsageError as error:
        return [Problem(str(error))]
    return []


def prepare_recipe(composed: Composed, trusted: Sequence[str] = ()) -> Recipe:
    """The parts of a config that passed every check; raises ConfigError with all that is wrong."""
    problems = check(composed, trusted) or [*_limits(composed), *_device(composed), *_intervals(composed)]
    if problems:
        raise ConfigError(problems)
    recipe = assemble(composed.config, trusted)
    problems = _monitors(composed, recipe)
    with _random_numbers_kept():
        problems += _step_without_data(composed, recipe)
    if problems:
        raise ConfigError(problems)
    return recipe


_LEAST = {
    "epochs": 1,
    "data.batch_size": 1,
    "data.workers": 0,
    "checkpoint.keep": 1,
    "device.threads": 1,
    "device.index": 0,
}


def _limits(composed: Composed) -> list[Problem]:
    """Numbers that are too small to mean anything."""
    found: list[Problem] = []
    for key, least in _LEAST.items():
        value: Any = composed.config
        for name in key.split("."):
            value = value[name]
        if value is not None and value < least:
            found.append(Problem(f"{key}: {value} is less than {least}", composed.provenance.source(key)))
    return found


@contextmanager
def _random_numbers_kept() -> Iterator[None]:
    """Give back the numbers that a dropout draws here: a resume takes no such step, and must find the same ones."""
    state = engine.random.default_generator.state_dict()
    try:
        yield
    finally:
        engine.random.default_generator.load_state_dict(state)


def _device(composed: Composed) -> list[Problem]:
    """A GPU that this machine doesn't have."""
    name, index = composed.config["device"]["name"], composed.config["device"]["index"]
    there = cuda_device_count()
    if name == "cpu" or (name == "auto" and not there) or index < there:
        return []
    found = f"there are {there} CUDA devices" if there else "there is no CUDA device that CuPy can use"
    hint = "device=cpu trains without one, `ml doctor` says what is missing"
    key = "device.index" if there else "device.name"
    return [Problem(f"{key}: cuda:{index} was asked for, and {found}", composed.provenance.source(key), hint)]


def _intervals(composed: Composed) -> list[Problem]:
    found: list[Problem] = []
    for key, clock in (("checkpoint.every", True), ("scheduler.every", False)):
        section, _, name = key.partition(".")
        try:
            Trigger.parse(composed.config[section][name], clock=clock)
        except UsageError as error:
            found.append(Problem(f"{key}: {error}", composed.provenance.source(key)))
    return found


def _monitors(composed: Composed, recipe: Recipe) -> list[Problem]:
    """Metrics that somebody waits for and the recipe does not have."""
    wanted = {"checkpoint.monitor": (composed.config["checkpoint"]["monitor"],)}
    for name, callback in recipe.callbacks.items():
        key = "scheduler.monitor" if name == "scheduler" else f"callbacks.{name}.monitor"
        wanted[key] = callback.monitors
    found: list[Problem] = []
    for key, monitors in wanted.items():
        for monitor in monitors:
            if monitor not in recipe.metric_names:
                hint = suggestion(monitor, recipe.metric_names, list_all=True)
                found.append(
                    Problem(f"{key}: the recipe has no metric {monitor!r}", composed.provenance.source(key), hint)
                )
    return found


def _step_without_data(composed: Composed, recipe: Recipe) -> list[Problem]:
    """Run transforms, forward, loss, backward and metrics on the meta device."""
    spec = recipe.dataset.spec()
    source = composed.provenance.source
    try:
        shape = recipe.transform.output_shape(spec.input_shape)
        dtype = recipe.transform.output_dtype(spec.input_dtype)
    except UsageError as error:
        return [Problem(f"data.transforms: {error}", source("data.transforms"))]
    batch = composed.config["data"]["batch_size"]
    if batch > spec.sizes["train"] and composed.config["data"]["drop_last"]:
        return [
            Problem(
                f"data.batch_size: {batch} is more than the {spec.sizes['train']} samples of the train split, "
                "and data.drop_last leaves no batch at all",
                source("data.batch_size"),
            )
        ]
    inputs = engine.empty((batch, *shape), dtype=getattr(engine, dtype), device="meta")
    targets = engine.empty((batch, *spec.target_shape), dtype=getattr(engine, spec.target_dtype), device="meta")
    model = copy.deepcopy(recipe.model).to("meta")
    told = f"the data gives inputs {shape} ({dtype}) and targets {spec.target_shape} ({spec.target_dtype})"
    try:
        outputs = model(inputs)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        return [Problem(f"model: {told}, which do not fit: {_with_place(error)}", source("model._target_"))]
    width = outputs.shape[1] if outputs.ndim > 1 else None
    if spec.classes and width is not None and width != len(spec.classes):
        return [
            Problem(
                f"model: the data has {len(spec.classes)} classes, the model's last layer gives {width} scores "
                f"(outputs {tuple(outputs.shape)}; {_last_layer(model)})",
                source("model.out_features") or source("model._target_"),
            )
        ]
    try:
        loss = recipe.loss(outputs, targets)
        loss.backward()
        recipe.metrics.update(outputs.detach(), targets, loss.detach())
        recipe.metrics.reset()
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        return [
            Problem(f"loop.loss: outputs {tuple(outputs.shape)}, {told}: {_with_place(error)}", source("loop.loss"))
        ]
    return _rates(composed, recipe, model, -(-spec.sizes["train"] // batch))


def _rates(composed: Composed, recipe: Recipe, model: Any, steps_per_epoch: int) -> list[Problem]:
    """What the optimizer and the scheduler's rule refuse."""
    key = "optimizer"
    try:
        optimizer = recipe.make_optimizer(model.parameters())
        key = "scheduler.rule"
        if "scheduler" in recipe.callbacks:
            recipe.callbacks["scheduler"].make(optimizer, steps_per_epoch)
    except (ValueError, TypeError, UsageError) as error:
        return [Problem(f"{key}: {error}", composed.provenance.source(f"{key}._target_"))]
    return []


def _with_place(error: Exception) -> str:
    return " ".join([str(error), *(f"({note})" for note in getattr(error, "__notes__", ()))])


def _last_layer(model: Any) -> str:
    names = [
        (name, layer)
        for name, layer in model.named_modules()
        if not list(layer.children()) and list(layer.parameters())
    ]
    return f"{names[-1][0]}: {names[-1][1]}" if names else "a model without parameters"
