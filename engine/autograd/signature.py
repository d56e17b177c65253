"""What the annotations of a reference say about its parameters, read once when the op is declared."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from engine.autograd.numpy_names import NUMPY_NAMES

_INPUT = "an input array"

Array = Annotated[Any, _INPUT]
if typing.TYPE_CHECKING:
    # A checker cannot know that never all inputs of a call are numbers.
    Number: typing.TypeAlias = Any
else:
    Number = int | float | bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an op: `role` is input, inputs (variadic) or attribute."""

    name: str
    role: str
    optional: bool
    number: bool
    default: Any


class Signature:
    """The parameters of an op in order, and how calls bind to them."""

    __slots__ = ("attributes", "defaults", "indices", "inputs", "name", "names", "parameters", "required")

    def __init__(self, reference: Callable[..., Any]) -> None:
        self.name = reference.__name__
        hints = typing.get_type_hints(reference, include_extras=True)
        self.parameters = tuple(
            _parameter(each.name, hints.get(each.name, Any), each.default)
            for each in inspect.signature(reference).parameters.values()
        )
        self.names = tuple(each.name for each in self.parameters)
        self.indices = {name: position for position, name in enumerate(self.names)}
        self.defaults = tuple(each.default for each in self.parameters)
        self.inputs = tuple(position for position, each in enumerate(self.parameters) if each.role != "attribute")
        self.attributes = tuple(position for position, each in enumerate(self.parameters) if each.role == "attribute")
        self.required = sum(default is inspect.Parameter.empty for default in self.defaults)

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments in order, defaults filled in; raises TypeError as a Python call does."""
        if len(args) > len(self.names):
            raise TypeError(
                f"{self.name}() takes {len(self.names)} arguments ({', '.join(self.names)}), {len(args)} were given"
            )
        bound = [*args, *self.defaults[len(args) :]]
        for name, value in keywords.items():
            position = self.indices.get(name)
            if position is None:
                position = self.indices.get(NUMPY_NAMES.get(name, ""))
            if position is None:
                raise TypeError(f"{self.name}() has no argument {name!r}; it has {', '.join(self.names)}")
            if position < len(args):
                raise TypeError(f"{self.name}() got argument {name!r} twice")
            if name not in self.indices and self.names[position] in keywords:
                raise TypeError(f"{self.name}() got argument {self.names[position]!r} twice: also as {name!r}")
            bound[position] = value
        for name, value in zip(self.names, bound, strict=True):
            if value is inspect.Parameter.empty:
                raise TypeError(f"{self.name}() misses argument {name!r}")
        return tuple(bound)


def _parameter(name: str, hint: Any, default: Any) -> Parameter:
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if get_origin(hint) is tuple and _is_array(get_args(hint)[0]):
        return Parameter(name, "inputs", False, False, default)
    if not any(_is_array(member) for member in members):
        return Parameter(name, "attribute", type(None) in members, False, default)
    return Parameter(name, "input", type(None) in members, float in members, default)


def _is_array(hint: Any) -> bool:
    return get_origin(hint) is Annotated and _INPUT in hint.__metadata__
