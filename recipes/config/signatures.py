"""Reads which arguments a class or function takes, of which types, and which it cannot do without."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class Parameters:
    """The arguments that can be given by name; a type that is not known is Any."""

    name: str
    types: dict[str, Any]
    required: tuple[str, ...]
    takes_any: bool

    def accepts(self, argument: str) -> bool:
        """Whether there is such an argument."""
        return self.takes_any or argument in self.types


def parameters_of(target: Callable[..., Any]) -> Parameters:
    """Read a signature; what cannot be read accepts everything.

    A class that takes `**kwargs` and has a parent with named arguments is taken to hand them up.
    """
    name = getattr(target, "__qualname__", type(target).__name__)
    types: dict[str, Any] = {}
    required: list[str] = []
    for function in _chain(target):
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            break
        hints = _hints(function)
        named = [own for own in parameters if own.kind in _NAMED and own.name != "self"]
        if types and not named:
            break
        required += [own.name for own in named if own.default is inspect.Parameter.empty and own.name not in types]
        types = {own.name: hints.get(own.name, Any) for own in named} | types
        if all(own.kind is not inspect.Parameter.VAR_KEYWORD for own in parameters):
            return Parameters(name, types, tuple(required), takes_any=False)
    return Parameters(name, types, tuple(required), takes_any=True)


def _chain(target: Callable[..., Any]) -> list[Callable[..., Any]]:
    """A function itself, or the constructors of a class and of its parents."""
    if not isinstance(target, type):
        return [target]
    own = [vars(parent)["__init__"] for parent in target.__mro__[:-1] if "__init__" in vars(parent)]
    return own or [target]


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        # Annotations that only a type checker can see say nothing here.
        return {}
