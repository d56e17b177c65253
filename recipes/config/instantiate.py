"""Makes objects from `_target_` nodes."""

import functools
import inspect
from collections.abc import Sequence
from typing import Any

from recipes.config.blame import raised
from recipes.config.errors import ConfigError, Problem
from recipes.config.targets import TargetError, resolve
from recipes.errors import GalleyError

TARGET, PARTIAL = "_target_", "_partial_"


def instantiate(node: Any, trusted: Sequence[str] = (), *, key: str = "", **extra: Any) -> Any:
    """Make what a config node describes, parts within it first.

    A mapping with `_target_` becomes a call of it with the other keys as arguments (`_partial_: true`: a function
    that waits for the rest), other mappings and lists are gone through, all else is returned as it is. `extra` goes to
    the outermost call and wins over the node. `key` says in errors where the node stands. Raises ConfigError where a
    target cannot be used, its arguments don't fit it, it refuses their values or breaks down.
    """
    if isinstance(node, dict) and TARGET in node:
        return _call(node, trusted, key, extra)
    if extra:
        raise ConfigError([Problem(f"{_at(key)}there is no _target_ to give {', '.join(extra)} to")])
    if isinstance(node, dict):
        return {name: instantiate(child, trusted, key=_below(key, name)) for name, child in node.items()}
    if isinstance(node, list):
        return [instantiate(child, trusted, key=_below(key, index)) for index, child in enumerate(node)]
    return node


def _call(node: dict[str, Any], trusted: Sequence[str], key: str, extra: dict[str, Any]) -> Any:
    name = node[TARGET]
    try:
        target = resolve(name, trusted)
    except TargetError as error:
        raise ConfigError([Problem(f"{_at(key)}{error}")]) from error
    arguments = {
        argument: instantiate(child, trusted, key=_below(key, argument))
        for argument, child in node.items()
        if argument not in (TARGET, PARTIAL) and argument not in extra
    }
    arguments |= extra
    if node.get(PARTIAL):
        return functools.partial(target, **arguments)
    try:
        inspect.signature(target).bind(**arguments)
    except TypeError as error:
        raise ConfigError([Problem(f"{_at(key)}{name}: {error}")]) from error
    try:
        return target(**arguments)
    except GalleyError:
        raise
    except ValueError as error:
        raise ConfigError([Problem(f"{_at(key)}{name}: {error}")]) from error
    except MemoryError as error:
        raise ConfigError([Problem(f"{_at(key)}{name}: there is too little memory for it: {error}")]) from error
    except Exception as error:
        raise ConfigError([Problem(f"{_at(key)}{name} cannot be made: {raised(error)}")]) from error


def _at(key: str) -> str:
    return f"{key}: " if key else ""


def _below(key: str, name: str | int) -> str:
    return f"{key}.{name}" if key else str(name)
