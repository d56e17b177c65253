"""Checks a whole recipe before any data is read: its values, what its parts name, and a dry step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.backend.namespace import cuda_device_count
from recipes.callbacks import Trigger
from recipes.config import Composed, ConfigError, Problem, check
from recipes.config.errors import suggestion
from recipes.errors import UsageError
from recipes.run.assemble import Recipe, assemble
from recipes.run.dry_step import dry_step


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
    problems = check(composed, trusted)
    problems = problems or [*_limits(composed), *_outputs(composed), *_device(composed), *_intervals(composed)]
    if problems:
        raise ConfigError(problems)
    recipe = assemble(composed.config, trusted)
    problems = [*_monitors(composed, recipe), *dry_step(composed, recipe)]
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


def _outputs(composed: Composed) -> list[Problem]:
    """A place that no run can be written to."""
    key = "paths.outputs"
    given = composed.config["paths"]["outputs"]
    if not given.strip():
        return [Problem(f"{key} is empty; name a folder", composed.provenance.source(key))]
    if Path(given).exists() and not Path(given).is_dir():
        return [Problem(f"{key}: {given} is a file; name a folder", composed.provenance.source(key))]
    return []


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
