"""Dimensions as people give them: negative ones counted from the end, sizes as numbers or as one sequence."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any


def wrap_dim(dim: int, rank: int) -> int:
    """The dimension counted from the front; raises IndexError outside of the range. A 0-d array counts as one of rank 1."""
    bound = max(rank, 1)
    if not -bound <= dim < bound:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {dim})")
    return dim % bound


def wrap_dims(dims: Sequence[int], rank: int) -> tuple[int, ...]:
    """Several dimensions counted from the front; raises RuntimeError for one given twice."""
    wrapped = tuple(wrap_dim(each, rank) for each in dims)
    if len(set(wrapped)) != len(wrapped):
        raise RuntimeError(f"dim {max(wrapped, key=wrapped.count)} appears multiple times in the list of dims {tuple(dims)}")
    return wrapped


def sizes(given: tuple[Any, ...]) -> tuple[int, ...]:
    """A shape given as separate numbers or as one sequence; raises TypeError for what is no whole number."""
    lengths = given[0] if len(given) == 1 and isinstance(given[0], tuple | list) else given
    return tuple(map(operator.index, lengths))


def new_shape(given: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape of a tensor to be made; raises RuntimeError for negative lengths."""
    shape = sizes(given)
    if any(length < 0 for length in shape):
        negative = next(length for length in shape if length < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {negative}: {list(shape)}")
    return shape
