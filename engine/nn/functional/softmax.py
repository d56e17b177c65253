"""Softmax as functions, whose dimension may be left out as in PyTorch of old."""

from __future__ import annotations

import warnings
from typing import Any

from engine.ops.reductions import softmax as ops


def softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """exp(x) / Σ exp(x) along `dim`."""
    return ops.softmax(input, _chosen("softmax", input, dim), dtype)


def log_softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """The logarithm of softmax, x - log Σ exp(x), along `dim`."""
    return ops.log_softmax(input, _chosen("log_softmax", input, dim), dtype)


def softmin(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """exp(-x) / Σ exp(-x) along `dim`."""
    return ops.softmin(input, _chosen("softmin", input, dim), dtype)


def _chosen(name: str, input: Any, dim: int | None) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if input.ndim in (0, 1, 3) else 1
