"""Lengths of a weight's slices, by which weight normalisation splits it into length and direction."""

from __future__ import annotations

from typing import Any

from engine.ops.reductions.norm import vector_norm


def norm_except_dim(v: Any, pow: float = 2, dim: int = 0) -> Any:
    """The norm of each slice along `dim`, which is kept beside dimensions of length 1; of everything for dim=-1."""
    if dim == -1:
        return vector_norm(v, pow)
    kept = dim % v.ndim
    others = tuple(each for each in range(v.ndim) if each != kept)
    return vector_norm(v, pow, others, True) if others else v.abs()


def of_length(v: Any, g: Any, dim: int) -> Any:
    """`g v / ‖v‖`, slice by slice along `dim`, or as a whole for dim=-1."""
    return v * (g / norm_except_dim(v, 2, dim))
