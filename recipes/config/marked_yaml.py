"""Reads a YAML file as Hydra does, but keeps the line on which each value stands."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from recipes.config.errors import ConfigError, Problem
from recipes.config.source import Source


@dataclass(frozen=True)
class Marked:
    """A YAML value (a mapping holds marked values, a list plain ones) with its line, counted from 1."""

    value: Any
    line: int


@dataclass(frozen=True)
class MarkedFile:
    """A YAML file's own values, and its defaults list apart: `entries` are its items as `group: option` or `name`."""

    path: Path
    root: Marked
    entries: list[Marked] = field(default_factory=list)

    def source(self, line: int, chosen_by: str | None = None) -> Source:
        """Name a line of this file."""
        return Source("file", str(self.path), line, chosen_by)


def read_marked(path: Path) -> MarkedFile:
    """Read a config file.

    Raises ConfigError, naming the line where it is known, for broken YAML and for a file that is not a mapping.
    """
    try:
        # OmegaConf gives the values, by its rules (1e-5 is a float, a key stands once); the nodes give the lines.
        loaded = OmegaConf.load(path)
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([not_yaml(error, path)]) from error
    except (OmegaConfBaseException, OSError, RecursionError) as error:
        raise ConfigError([Problem(f"not a config: {_first_line(error)}", Source("file", str(path)))]) from error
    if not isinstance(loaded, DictConfig):
        raise ConfigError([Problem("a config is a mapping of keys, not a list", Source("file", str(path), 1))])
    values = OmegaConf.to_container(loaded, resolve=False)
    marked = _marked(values, root, 1)
    own = {key: value for key, value in marked.value.items() if key != "defaults"}
    return MarkedFile(path, Marked(own, marked.line), _entries(values, root))


def not_yaml(error: yaml.YAMLError | UnicodeDecodeError, path: Path) -> Problem:
    """Say where a file is not YAML; `path` is named where the error doesn't know its file."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return Problem(f"this is not YAML: {error}", Source("file", str(path)))
    named = Path(mark.name) if Path(mark.name).is_absolute() else path
    return Problem(f"this is not YAML: {error.problem or error.context}", Source("file", str(named), mark.line + 1))


def _marked(value: Any, node: yaml.Node | None, line: int) -> Marked:
    if not isinstance(value, dict):
        return Marked(value, line)
    places = _places(node)
    return Marked({key: _marked(child, *places.get(key, (None, line))) for key, child in value.items()}, line)


def _places(node: yaml.Node | None) -> dict[Any, tuple[yaml.Node, int]]:
    """Where each key of a mapping has its value, and on which line the key stands."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    loader = yaml.SafeLoader("")
    try:
        loader.flatten_mapping(node)
        return {loader.construct_object(key): (child, key.start_mark.line + 1) for key, child in node.value}
    finally:
        loader.dispose()


def _entries(values: Any, root: yaml.Node | None) -> list[Marked]:
    listed, (node, line) = values.get("defaults"), _places(root).get("defaults", (None, 1))
    if not isinstance(listed, list):
        return []
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    lines = [item.start_mark.line + 1 for item in items] or [line] * len(listed)
    return [Marked(entry, place) for entry, place in zip(listed, lines, strict=True)]


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def plain(marked: Marked) -> Any:
    """Drop the marks."""
    if isinstance(marked.value, dict):
        return {key: plain(child) for key, child in marked.value.items()}
    return marked.value
