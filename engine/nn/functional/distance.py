"""How alike vectors are."""

from __future__ import annotations

import math
from typing import Any

from engine.ops.distances import pdist
from engine.ops.layout import broadcast_tensors
from engine.ops.norm import norm


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) along `dim` of what both broadcast to."""
    x1, x2 = broadcast_tensors(x1, x2)
    directions = (each / norm(each, 2, dim, True).clamp(min=eps) for each in (x1, x2))
    return math.prod(directions).sum(dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """‖x1 - x2 + eps‖_p along the last dimension."""
    return norm(x1 - x2 + eps, p, -1, keepdim)


__all__ = ["cosine_similarity", "pairwise_distance", "pdist"]
