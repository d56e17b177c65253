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
    """Read a signature; what cannot be read accepts everything."""
    name = getattr(target, "__qualname__", type(target).__name__)
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return Parameters(name, {}, (), takes_any=True)
    hints = _hints(target)
    named = [parameter for parameter in signature.parameters.values() if parameter.kind in _NAMED]
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    return Parameters(
        name=name,
        types={parameter.name: hints.get(parameter.name, Any) for parameter in named},
        required=tuple(parameter.name for parameter in named if parameter.default is inspect.Parameter.empty),
        takes_any=inspect.Parameter.VAR_KEYWORD in kinds,
    )


def _hints(target: Callable[..., Any]) -> dict[str, Any]:
    function = inspect.getattr_static(target, "__init__") if isinstance(target, type) else target
    try:
        return get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        # Annotations that only a type checker can see say nothing here.
        return {}
