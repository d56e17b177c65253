"""The one door to Hydra: its override grammar, its resolved defaults list and its composition."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hydra
from hydra import version
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException, MissingConfigException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

__all__ = [
    "REFUSALS",
    "HydraException",
    "Layer",
    "MissingConfigException",
    "ParsedOverride",
    "Session",
    "parse",
    "session",
]

# All that Hydra raises for input that it does not take; it lets plain Python errors through.
REFUSALS = (HydraException, OmegaConfBaseException, YAMLError, ValueError, TypeError, AssertionError, LookupError)


@dataclass(frozen=True)
class ParsedOverride:
    """One `key=value` as Hydra's grammar reads it."""

    text: str
    key: str
    value: Any
    action: str
    package: str | None
    is_sweep: bool


@dataclass(frozen=True)
class Layer:
    """One YAML in the order of composition: its name on the search path and the key that it is laid below."""

    name: str
    package: str
    group: str | None


def parse(text: str) -> ParsedOverride:
    """Read an override.

    Raises HydraException where the grammar does not know it.
    """
    override: Override = OverridesParser.create().parse_overrides([text])[0]
    is_sweep = override.is_sweep_override()
    return ParsedOverride(
        text=text,
        key=override.key_or_group,
        value=None if is_sweep else override.value(),
        action=override.type.name,
        package=override.package,
        is_sweep=is_sweep,
    )


class Session:
    """Hydra, set up for one search path."""

    def layers(self, name: str, overrides: Sequence[str]) -> list[Layer]:
        """Which YAMLs make up `name`, in the order in which they are merged; Hydra's own are left out."""
        loader = GlobalHydra.instance().config_loader()
        resolved = loader.compute_defaults_list(name, list(overrides), RunMode.RUN)
        return [
            Layer(default.config_path, default.package or "", default.override_key)
            for default in resolved.defaults
            if default.config_path is not None and not default.config_path.startswith("hydra/")
        ]

    def compose(self, name: str, overrides: Sequence[str]) -> DictConfig:
        """Compose `name` with overrides; interpolations stay unresolved."""
        return hydra.compose(name, list(overrides))


@contextmanager
def session(folders: Sequence[Path]) -> Iterator[Session]:
    """Set Hydra up for a search path, the first folder in front, and leave no global state behind."""
    first, *others = (f"file://{folder}" for folder in folders)
    search_path = create_config_search_path(first)
    for folder in others:
        search_path.append("main", folder, anchor=SearchPathQuery("main", None))
    before = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        _set_version_base()
        Hydra.create_main_hydra2(task_name="galley", config_search_path=search_path)
        yield Session()
    finally:
        GlobalHydra.instance().hydra = before


def _set_version_base() -> None:
    """Hydra 1.3 warns where the version it shall behave like is not said, 1.4 where it is."""
    release = tuple(int(number) for number in re.findall(r"\d+", hydra.__version__)[:2])
    if release < (1, 4):
        version.setbase("1.3")
