"""How an op becomes a method of Tensor, and one that writes its result into the tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.elementwise import BinaryOp, UnaryOp
from engine.autograd.in_place import in_place
from engine.autograd.numpy_names import numpy_names
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


def operator(operation: Callable[..., Any]) -> Method:
    """An op of two as an operator, which leaves an array of NumPy at its right to NumPy, as PyTorch does."""

    def apply(self: Any, other: Any) -> Any:
        try:
            return operation(self, other)
        except TypeError:
            if isinstance(other, np.ndarray):
                return NotImplemented
            raise

    return apply


def both_forms(operation: Op) -> tuple[Method, Method]:
    """The op as a method, and as one that writes its result into the tensor."""
    return method(operation), in_place(operation)


def composed_forms(function: Method) -> tuple[Method, Method]:
    """A function made of ops as a method, and as one that writes its result into the tensor."""

    def call(self: Any, *args: Any, **keywords: Any) -> Any:
        return function(self, *args, **keywords)

    def write(self: Any, *args: Any, **keywords: Any) -> Any:
        # What gradients keep of the tensor must outlive the write.
        result = function(self.clone() if self.requires_grad else self, *args, **keywords)
        if result.shape != self.shape:
            raise RuntimeError(
                f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(result.shape)} "
                f"of {function.__name__}_()"
            )
        if result.dtype.category > self.dtype.category:
            raise RuntimeError(
                f"result type {result.dtype} can't be cast to the desired output type {self.dtype} "
                f"in {function.__name__}_()"
            )
        return self.copy_(result)

    function = numpy_names(function)
    call.__name__, call.__doc__ = function.__name__, function.__doc__
    write.__name__, write.__doc__ = f"{function.__name__}_", f"{function.__name__}, written into the tensor."
    return call, write
