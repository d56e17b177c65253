"""NumPy's names for arguments, which PyTorch takes beside its own: `axis` is `dim`, and `keepdims` is `keepdim`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with NumPy's names understood; itself where it has neither `dim` nor `keepdim`."""
    if not isinstance(function, FunctionType) or not _takes(function, *NUMPY_NAMES.values()):
        return function

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        if "axis" in keywords or "keepdims" in keywords:
            keywords = _translated(function, keywords)
        return function(*args, **keywords)

    return call


def understand_numpy_names(members: dict[str, Any]) -> dict[str, Any]:
    """Those of a module's or a class's public functions that NumPy's names change, by name."""
    changed = {name: numpy_names(each) for name, each in members.items() if not name.startswith("_")}
    return {name: each for name, each in changed.items() if each is not members[name]}


def _takes(function: FunctionType, *names: str) -> bool:
    code = function.__code__
    taken = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return any(name in taken for name in names)


def _translated(function: FunctionType, keywords: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in keywords.items():
        known = NUMPY_NAMES.get(name, name)
        known = known if _takes(function, known) and not _takes(function, name) else name
        if known in result:
            raise TypeError(f"{function.__name__}() got argument {known!r} twice: {', '.join(keywords)} were given")
        result[known] = value
    return result
