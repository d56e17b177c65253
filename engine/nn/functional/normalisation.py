"""Normalisations as functions: over a batch, over the last dimensions, of a vector."""

from __future__ import annotations

from typing import Any

from engine.ops.layer_normalisation import layer_norm
from engine.ops.norm import norm
from engine.ops.normalisation import batch_norm


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """Divide x by max(‖x‖_p, eps) along `dim`."""
    return input / norm(input, p, dim, True).clamp(min=eps)


__all__ = ["batch_norm", "layer_norm", "normalize"]
