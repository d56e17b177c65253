"""Tensor's methods as functions: `relu_(x)` is `x.relu_()`, `is_nonzero(x)` is `x.is_nonzero()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.tensors import Tensor


def __getattr__(name: str) -> Callable[..., Any]:
    method = getattr(Tensor, name, None)
    if name.startswith("_") or not callable(method):
        raise AttributeError(f"Tensor has no method {name!r}")
    return method
