"""Writes a resolved config as YAML text and reads it back."""

import re
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from recipes.config.compose import Composed
from recipes.config.errors import ConfigError, Problem
from recipes.config.marked_yaml import plain, read_marked
from recipes.config.masking import mask
from recipes.config.source import Source

_PRIVATE = 0o600
_NUMBER_LIKE = re.compile(r"[-+.\d][-+.\d_eE:]*")
_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Writes text so that OmegaConf, which takes `1e5` for a number, reads it as text; and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # Unicode's own line breaks survive in double quotes alone.
    style = '"' if _LINE_BREAKS.search(text) else "'" if _NUMBER_LIKE.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def frozen_text(config: dict[str, Any]) -> str:
    """A resolved config as YAML; the same config gives the same text, and `thaw` the same config."""
    return yaml.dump(_escaped(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False)


def freeze(composed: Composed, path: Path) -> None:
    """Write a composed config to `path`; secrets stay in it, which a resumed run needs, for its owner's eyes only."""
    path.touch()
    if mask(composed.config) != composed.config:
        path.chmod(_PRIVATE)
    path.write_text(frozen_text(composed.config), encoding="utf-8")


def thaw(path: Path) -> dict[str, Any]:
    """Read a frozen config back.

    Raises ConfigError where the file is missing or not a config.
    """
    if not path.is_file():
        raise ConfigError([Problem("there is no such config", Source("file", str(path)))])
    try:
        config: Any = OmegaConf.to_container(OmegaConf.create(plain(read_marked(path).root)), resolve=True)
    except OmegaConfBaseException as error:
        raise ConfigError([Problem(str(error).splitlines()[0], Source("file", str(path)))]) from error
    return config


def _escaped(value: Any) -> Any:
    """Text with `${` in it, which would be read as an interpolation, escaped."""
    if isinstance(value, dict):
        return {key: _escaped(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_escaped(child) for child in value]
    if isinstance(value, str):
        return re.sub(r"(\\*)\$\{", lambda match: rf"{match[1] * 2}\${{", value)
    return value
