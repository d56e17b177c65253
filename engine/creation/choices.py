"""What creation functions share: the dtype asked for, and whether gradients are."""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import as_dtype, dtype
from engine.tensors import Tensor


def chosen(given: Any) -> dtype | None:
    """The dtype that was asked for; None if none was."""
    return None if given is None else as_dtype(given)


def ready(made: Any, requires_grad: bool) -> Tensor:
    """A tensor just made, collecting gradients if it shall."""
    return made.requires_grad_() if requires_grad else made


def number_of(given: Any) -> Any:
    """A number, also out of a tensor of one."""
    return given.item() if isinstance(given, Tensor) else given
