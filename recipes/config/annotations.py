"""Compares config values with the simple type annotations of schemas and signatures."""

import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

_LISTS = (list, tuple, Sequence, Iterable, Collection)
_MAPPINGS = (dict, Mapping)


def mismatch(value: Any, annotation: Any) -> str | None:
    """What was expected where `value` does not fit `annotation`, in words; None where it fits or cannot be judged."""
    fits = _fits(value, annotation)
    return None if fits else described(annotation)


def _fits(value: Any, annotation: Any) -> bool:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(value, dict) and "_target_" in value:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if origin is Literal:
        return any(value == argument and type(value) is type(argument) for argument in arguments)
    if annotation is None or annotation is type(None):
        return value is None
    if annotation is bool:
        return isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is str or annotation is Path:
        return isinstance(value, str)
    if (origin or annotation) in _LISTS:
        return isinstance(value, list) and _items_fit(value, origin, arguments)
    if (origin or annotation) in _MAPPINGS:
        return isinstance(value, dict) and all(_fits(item, arguments[1]) for item in value.values() if arguments)
    return True


def _items_fit(items: list[Any], origin: Any, arguments: tuple[Any, ...]) -> bool:
    if not arguments:
        return True
    if origin is tuple and arguments[-1] is not Ellipsis:
        return len(items) == len(arguments) and all(map(_fits, items, arguments))
    return all(_fits(item, arguments[0]) for item in items)


def described(annotation: Any) -> str:
    """An annotation in words for a person."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(described(argument) for argument in arguments)
    if origin is Literal:
        return "one of " + ", ".join(str(argument) for argument in arguments)
    if annotation is None or annotation is type(None):
        return "null"
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        return f"[{', '.join(described(argument) for argument in arguments)}]"
    if (origin or annotation) in _LISTS:
        return f"a list of {described(arguments[0]).removeprefix('a ')}s" if arguments else "a list"
    if (origin or annotation) in _MAPPINGS:
        return "a mapping"
    words: dict[Any, str] = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        Path: "a path",
    }
    return words.get(annotation) or str(getattr(annotation, "__name__", annotation))


def shown(value: Any) -> str:
    """A config value as a person would write it."""
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    kinds = {str: "text", int: "whole number", float: "number", list: "list", dict: "mapping"}
    kind = kinds.get(type(value), type(value).__name__)
    return f"a {kind}" if isinstance(value, dict) else f"the {kind} {value!r}"
