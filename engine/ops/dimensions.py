"""Dimensions as people give them: negative ones counted from the end, sizes as numbers or as one sequence."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any


def wrap_dim(dim: int, rank: int) -> int:
    """The dimension counted from the front; raises IndexError outside of the range. Rank 0 counts as 1."""
    bound = max(rank, 1)
    if not -bound <= dim < bound:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {dim})")
    return dim % bound


def wrap_dims(dims: Sequence[int], rank: int) -> tuple[int, ...]:
    """Several dimensions counted from the front; raises RuntimeError for one given twice."""
    wrapped = tuple(wrap_dim(each, rank) for each in dims)
    if len(set(wrapped)) != len(wrapped):
        raise RuntimeError(
            f"dim {max(wrapped, key=wrapped.count)} appears multiple times in the list of dims {tuple(dims)}"
        )
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


def complete_shape(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The shape with its -1 worked out from the number of elements; raises RuntimeError where none fits."""
    known = 1
    for length in shape:
        known *= length if length != -1 else 1
    if any(length < -1 for length in shape):
        raise RuntimeError(f"invalid shape dimension {min(shape)} in {list(shape)}")
    if shape.count(-1) > 1:
        raise RuntimeError(f"only one dimension can be inferred, {list(shape)} leaves {shape.count(-1)} open")
    if -1 not in shape:
        if known != size:
            raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
        return tuple(shape)
    if known == 0 and size == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size "
            "-1 can be "
            "any value and is ambiguous"
        )
    if known == 0 or size % known:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
    return tuple(size // known if length == -1 else length for length in shape)


def expanded_shape(shape: tuple[int, ...], size: tuple[int, ...]) -> tuple[int, ...]:
    """The size that a shape expands to, -1 keeping its length; raises RuntimeError where it can't."""
    extra = len(size) - len(shape)
    if extra < 0:
        raise RuntimeError(
            f"expand({list(shape)}, size={list(size)}): the number of sizes provided ({len(size)}) must be "
            "greater or equal "
            f"to the number of dimensions in the tensor ({len(shape)})"
        )
    result = []
    for place, wanted in enumerate(size):
        length = shape[place - extra] if place >= extra else None
        if wanted == -1 and length is None:
            raise RuntimeError(
                f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {place}"
            )
        if wanted == -1:
            wanted = length if length is not None else wanted
        elif length is not None and length != 1 and wanted != length:
            raise RuntimeError(
                f"The expanded size of the tensor ({wanted}) must match the existing size ({length}) at non-singleton "
                f"dimension {place}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}"
            )
        result.append(wanted)
    return tuple(result)
