"""The one door to Hydra: its override grammar, its resolved defaults list and its composition."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.errors import HydraException, MissingConfigException
from hydra.types import RunMode
from omegaconf import DictConfig

__all__ = ["HydraException", "Layer", "MissingConfigException", "ParsedOverride", "Session", "parse", "session"]


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
    parent: str


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

    def __init__(self, searchpath: list[str]) -> None:
        self._searchpath = searchpath

    def layers(self, name: str, overrides: Sequence[str]) -> list[Layer]:
        """Which YAMLs make up `name`, in the order in which they are merged; Hydra's own are left out."""
        loader = GlobalHydra.instance().config_loader()
        resolved = loader.compute_defaults_list(name, [*overrides, *self._searchpath], RunMode.RUN)
        return [
            Layer(
                name=str(default.config_path),
                package=default.package or "",
                group=default.override_key,
                parent=str(default.parent),
            )
            for default in resolved.defaults
            if default.config_path is not None and not default.config_path.startswith("hydra/")
        ]

    def compose(self, name: str, overrides: Sequence[str]) -> DictConfig:
        """Compose `name` with overrides; interpolations stay unresolved."""
        return hydra.compose(name, [*overrides, *self._searchpath])


@contextmanager
def session(folders: Sequence[Path]) -> Iterator[Session]:
    """Set Hydra up for a search path, the first folder in front, and leave no global state behind."""
    first, *others = (str(folder) for folder in folders)
    quoted = ",".join(QuotedString(f"file://{folder}", Quote.single).with_quotes() for folder in others)
    before = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with hydra.initialize_config_dir(config_dir=first, job_name="galley", **_version_base()):
            yield Session([f"hydra.searchpath=[{quoted}]"] if others else [])
    finally:
        GlobalHydra.instance().hydra = before


def _version_base() -> dict[str, str]:
    """Hydra 1.3 warns where `version_base` is left out, 1.4 where it is given."""
    release = tuple(int(number) for number in re.findall(r"\d+", hydra.__version__)[:2])
    return {"version_base": "1.3"} if release < (1, 4) else {}
