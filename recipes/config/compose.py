"""Composes an experiment and its overrides into one plain config whose every value knows where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import InterpolationToMissingValueError, OmegaConfBaseException

from recipes.config.composition_errors import explained
from recipes.config.errors import ConfigError, Problem
from recipes.config.hydra_compose import Layer, ParsedOverride, session
from recipes.config.interpolation import interpolated_keys, is_interpolation
from recipes.config.marked_yaml import MarkedFile, read_marked
from recipes.config.overlay import MISSING, Overlay
from recipes.config.overrides import accept_values, sort_overrides
from recipes.config.provenance import Provenance
from recipes.config.schema import Experiment, absent_defaults, field_types
from recipes.config.search_path import Primary, find_config, find_primary, group_options
from recipes.config.source import Source


@dataclass(frozen=True)
class Composed:
    """A composed config: plain and resolved, with the history of each value.

    `problems` are the overrides that could not be applied, and interpolations that could not be resolved
    (`unresolved` holds their keys); `check` adds what else is wrong. `groups` are the options there were to pick from.
    """

    experiment: str
    config: dict[str, Any]
    provenance: Provenance
    overrides: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    unresolved: frozenset[str] = frozenset()
    groups: dict[str, list[str]] = field(default_factory=dict)


def compose(experiment: str, overrides: Sequence[str] = (), *, user_folder: Path | None = None) -> Composed:
    """Compose what `config=EXPERIMENT` means (a name, a YAML's path or a run's folder) with `key=value` overrides.

    The user's `configs` folder is looked for in `user_folder` (the working folder). Raises ConfigError where nothing
    can be composed: no such experiment, broken YAML, a part that doesn't exist. Other mistakes are kept in `problems`.
    """
    primary = find_primary(experiment, user_folder)
    _refuse_hydra_settings(read_marked(primary.path))
    given = sort_overrides(overrides, primary)
    choices = [override.text for override in given.groups]
    with session(primary.folders) as hydra:
        with explained(primary, given):
            layers = hydra.layers(primary.name, choices)
        overlay = _lay_files(layers, primary, given.groups)
        accepted, refused = accept_values(given.values, overlay)
        with explained(primary, given):
            composed = hydra.compose(primary.name, [*choices, *accepted])
        _fill_defaults(composed, overlay, primary)
        config, unresolved, broken = _resolved(composed, overlay)
    provenance = Provenance(overlay, config, {layer.group: Path(layer.name).name for layer in layers if layer.group})
    return Composed(
        experiment=config["experiment"] if isinstance(config.get("experiment"), str) else primary.experiment,
        config=config,
        provenance=provenance,
        overrides=tuple(overrides),
        problems=(*given.problems, *refused, *broken),
        unresolved=unresolved,
        groups=group_options(primary.folders),
    )


def _refuse_hydra_settings(file: MarkedFile) -> None:
    """Hydra's settings could put folders, and packages to import, on the search path."""
    if "hydra" in file.root.value:
        source = file.source(file.root.value["hydra"].line)
        raise ConfigError([Problem("hydra: Hydra's own settings are not part of a config here", source)])


def _lay_files(layers: Sequence[Layer], primary: Primary, choices: Sequence[ParsedOverride]) -> Overlay:
    """Lay the YAMLs over each other in Hydra's order."""
    overlay = Overlay()
    chosen_by = {f"{own.key}@{own.package}" if own.package else own.key: own.text for own in choices}
    for layer in layers:
        path = find_config(layer.name, primary.folders)
        if path is not None:
            file = read_marked(path)
            overlay.lay(layer.package, file.root, partial(file.source, chosen_by=chosen_by.get(layer.group or "")))
    return overlay


def _fill_defaults(composed: DictConfig, overlay: Overlay, primary: Primary) -> None:
    """Give the keys that nothing set the schema's defaults, and the experiment its name."""
    absent = absent_defaults(overlay.plain())
    if "experiment" not in composed:
        absent.insert(0, ("experiment", primary.experiment, "Experiment.experiment"))
    with open_dict(composed):
        for key, value, owner in absent:
            OmegaConf.update(composed, key, value, force_add=True)
            overlay.override(key, value, Source("schema", owner))


def _resolved(composed: DictConfig, overlay: Overlay) -> tuple[dict[str, Any], frozenset[str], list[Problem]]:
    """The plain config with its interpolations resolved; those that cannot be are left missing, each a problem."""
    unresolved: set[str] = set()
    problems: dict[str, Problem] = {}
    for key, slot in list(overlay.leaves()):
        if not _interpolates(slot.value):
            continue
        try:
            value = OmegaConf.select(composed, key)
            if OmegaConf.is_config(value):
                OmegaConf.to_container(value, resolve=True)
        except InterpolationToMissingValueError:
            unresolved.add(key)
        except OmegaConfBaseException as error:
            unresolved.add(key)
            reason = str(error).splitlines()[0]
            problems[key] = Problem(f"{key}: {slot.value} cannot be resolved: {reason}", slot.settings[-1].source)
    with open_dict(composed):
        for key in unresolved:
            OmegaConf.update(composed, key, MISSING)
    config: Any = OmegaConf.to_container(composed, resolve=True, throw_on_missing=False)
    # An interpolation of one that is broken itself is no second mistake.
    written = {key: slot.value for key, slot in overlay.leaves()}
    first = [found for key, found in problems.items() if unresolved.isdisjoint(interpolated_keys(written[key], key))]
    in_order = {name: config[name] for name in field_types(Experiment) if name in config} | config
    return in_order, frozenset(unresolved), first or list(problems.values())


def _interpolates(value: Any) -> bool:
    if isinstance(value, list):
        return any(_interpolates(item) for item in value)
    if isinstance(value, dict):
        return any(_interpolates(item) for item in value.values())
    return is_interpolation(value)
