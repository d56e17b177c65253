"""How an op becomes a method of Tensor, and one that writes its result into the tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.elementwise import BinaryOp, UnaryOp
from engine.autograd.in_place import in_place
from engine.autograd.op import Op

Method = Callable[..., Any]


def method(operation: Op) -> Method:
    """The op as a method, with the op's own arguments and documentation."""

    def unary(self: Any) -> Any:
        return operation(self)

    def binary(self: Any, other: Any) -> Any:
        return operation(self, other)

    def call(self: Any, *args: Any, **keywords: Any) -> Any:
        return operation(self, *args, **keywords)

    form = unary if isinstance(operation, UnaryOp) else binary if isinstance(operation, BinaryOp) else call
    form.__name__ = operation.name
    form.__doc__ = operation.reference.__doc__
    return form


def both_forms(operation: Op) -> tuple[Method, Method]:
    """The op as a method, and as one that writes its result into the tensor."""
    return method(operation), in_place(operation)
