"""Questions about types and things, as functions."""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import as_dtype
from engine.tensors import Tensor


def can_cast(from_: Any, to: Any) -> bool:
    """Whether a type may be written into another: not complex into real, nor real into whole (torch.can_cast)."""
    return as_dtype(from_).category <= as_dtype(to).category


def typename(obj: Any) -> str:
    """The name of a type or function, or else of an object's type, with its module (torch.typename)."""
    if isinstance(obj, Tensor):
        return str(obj.type())
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    return named.__qualname__ if named.__module__ == "builtins" else f"{named.__module__}.{named.__qualname__}"
