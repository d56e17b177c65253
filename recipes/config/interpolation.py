"""Reads which keys an interpolation such as `${optimizer.lr}` names."""

import re
from typing import Any

_NAMED_KEY = re.compile(r"(?<!\\)\$\{\s*(\.*[A-Za-z_][^${}:]*?)\s*\}")


def is_interpolation(value: Any) -> bool:
    """Whether a config value contains an interpolation, of a key or by a resolver."""
    return isinstance(value, str) and re.search(r"(?<!\\)\$\{", value) is not None


def interpolated_keys(value: Any, key: str) -> list[str]:
    """The keys that `value`, standing at `key`, takes values from; relative ones (`${.lr}`) made absolute."""
    if isinstance(value, list):
        return [found for item in value for found in interpolated_keys(item, key)]
    if isinstance(value, dict):
        return [found for item in value.values() for found in interpolated_keys(item, key)]
    if not isinstance(value, str):
        return []
    return [_absolute(name, key) for name in _NAMED_KEY.findall(value)]


def whole_interpolation(value: Any, key: str) -> str | None:
    """The one key that stands for the whole value, as in `${model}`; None for `a-${model}` and plain values."""
    match = _NAMED_KEY.fullmatch(value.strip()) if isinstance(value, str) else None
    return _absolute(match[1], key) if match else None


def _absolute(name: str, key: str) -> str:
    name = re.sub(r"\[([^]]*)\]", r".\1", name)
    dots = len(name) - len(name.lstrip("."))
    if dots == 0:
        return name
    parents = key.split(".")[:-dots]
    return ".".join([*parents, name[dots:]])
