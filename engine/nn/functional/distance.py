"""How alike vectors are."""

from __future__ import annotations

from typing import Any

from engine.ops.layouts.aligning import broadcast_tensors
from engine.ops.reductions.distances import pdist
from engine.ops.reductions.norm import norm


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) along `dim` of what both broadcast to."""
    x1, x2 = (each / norm(each, 2, dim, True).clamp(min=eps) for each in broadcast_tensors(x1, x2))
    return (x1 * x2).sum(dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """‖x1 - x2 + eps‖_p along the last dimension."""
    return norm(x1 - x2 + eps, p, -1, keepdim)


__all__ = ["cosine_similarity", "pairwise_distance", "pdist"]
