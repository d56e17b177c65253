"""Reads a YAML file as Hydra does, but keeps the line on which each value stands."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from omegaconf._utils import get_yaml_loader

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

    Raises ConfigError, naming the line, for broken YAML and for a file that is not a mapping.
    """
    loader = None
    try:
        # OmegaConf's own reading rules: 1e-5 is a float, dates stay strings, a key that stands twice is an error.
        loader = get_yaml_loader()(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        marked = Marked({}, 1) if root is None else _marked(loader, root, set())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([not_yaml(error, path)]) from error
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(marked.value, dict):
        kind = type(marked.value).__name__
        raise ConfigError([Problem(f"a config is a mapping of keys, not a {kind}", Source("file", str(path), 1))])
    own = {key: value for key, value in marked.value.items() if key != "defaults"}
    entries = [] if root is None else _entries(loader, root)
    return MarkedFile(path, Marked(own, marked.line), entries)


def not_yaml(error: yaml.YAMLError | UnicodeDecodeError, path: Path) -> Problem:
    """Say where a file is not YAML; `path` is named where the error doesn't know its file."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return Problem(f"this is not YAML: {error}", Source("file", str(path)))
    named = Path(mark.name) if Path(mark.name).is_absolute() else path
    return Problem(f"this is not YAML: {error.problem or error.context}", Source("file", str(named), mark.line + 1))


def _marked(loader: Any, node: yaml.Node, flattened: set[int]) -> Marked:
    if isinstance(node, yaml.MappingNode):
        _refuse_bad_keys(node, flattened)
        loader.flatten_mapping(node)
        flattened.add(id(node))
        value: Any = {
            loader.construct_object(key, deep=True): Marked(
                _marked(loader, child, flattened).value, key.start_mark.line + 1
            )
            for key, child in node.value
        }
    else:
        value = loader.construct_object(node, deep=True)
    return Marked(value, node.start_mark.line + 1)


def _refuse_bad_keys(node: yaml.MappingNode, flattened: set[int]) -> None:
    """A key stands once; a mapping that an alias brings again has had its `<<` folded in, so its keys may stand twice."""
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key is a word or a number", key.start_mark)
        if key.value in seen and id(node) not in flattened:
            raise yaml.constructor.ConstructorError(None, None, f"found duplicate key {key.value}", key.start_mark)
        seen.add(key.value)


def _entries(loader: Any, root: yaml.MappingNode) -> list[Marked]:
    lists = [child for key, child in root.value if key.value == "defaults" and isinstance(child, yaml.SequenceNode)]
    return [
        Marked(loader.construct_object(item, deep=True), item.start_mark.line + 1)
        for items in lists
        for item in items.value
    ]


def plain(marked: Marked) -> Any:
    """Drop the marks."""
    if isinstance(marked.value, dict):
        return {key: plain(child) for key, child in marked.value.items()}
    return marked.value
