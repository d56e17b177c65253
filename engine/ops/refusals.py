"""Which types an op is not for, said before it runs and in PyTorch's kind of error."""

from __future__ import annotations

from typing import Any, NoReturn

from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import BOOL, FLOATING, INTEGER, dtype


def refuse_bool(name: str, compute: dtype | None, *inputs: dtype | None) -> None:
    """Raise NotImplementedError for an op that would compute in bool."""
    _refuse((BOOL,), name, compute, inputs)


def refuse_whole(name: str, compute: dtype | None, *inputs: dtype | None) -> None:
    """Raise NotImplementedError for an op that would compute in integers or bool."""
    _refuse((BOOL, INTEGER), name, compute, inputs)


def refuse_floating(name: str, compute: dtype | None, *inputs: dtype | None) -> None:
    """Raise NotImplementedError for an op that would compute in floating-point numbers."""
    _refuse((FLOATING,), name, compute, inputs)


def refuse_bool_and_floating(name: str, compute: dtype | None, *inputs: dtype | None) -> None:
    """Raise NotImplementedError for an op that would not compute in integers."""
    _refuse((BOOL, FLOATING), name, compute, inputs)


def refuse_number(name: str, given: Any, argument: str = "input") -> None:
    """Raise TypeError for an argument that is no tensor."""
    if not isinstance(given, TensorBase):
        raise TypeError(f"{name}(): argument {argument!r} must be a tensor, got {type(given).__name__} {given!r}")


def refuse_complex(name: str, *given: Any) -> None:
    """Raise NotImplementedError for complex numbers, tensors or not."""
    for each in given:
        if isinstance(each, complex) or (isinstance(each, TensorBase) and each.dtype.is_complex):
            raise NotImplementedError(
                f'"{name}" not implemented for complex numbers; take .real, .imag or .abs() of its input first'
            )


def no_derivative(name: str, input: str) -> NoReturn:
    """Raise NotImplementedError for a gradient that nobody has a formula for; the forward pass doesn't."""
    raise NotImplementedError(f"the derivative of {name}() for {input!r} is not implemented, as in PyTorch")


def _refuse(categories: tuple[int, ...], name: str, compute: dtype | None, inputs: tuple[dtype | None, ...]) -> None:
    given = compute or inputs[0]
    if given is not None and given.category in categories:
        raise NotImplementedError(f'"{name}" not implemented for {given}; convert its input with .to(dtype) first')
