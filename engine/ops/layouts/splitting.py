"""Splitting: tensors taken apart along a dimension, as views."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from engine.autograd.tensor_base import TensorBase, on_its_own
from engine.backend.device import CPU
from engine.backend.dtype import int64
from engine.ops.dimensions import wrap_dim
from engine.ops.indices.indexing import narrow
from engine.ops.layouts.joining import split_with_sizes


def split(tensor: Any, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Pieces of one length, the last one shorter, or of the lengths given, as views (torch.split)."""
    if not isinstance(split_size_or_sections, int):
        return split_with_sizes(tensor, tuple(split_size_or_sections), dim)
    size = split_size_or_sections
    if not tensor.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    length = tensor.shape[wrap_dim(dim, tensor.ndim)]
    if size < 0 or (size == 0 and length):
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    whole, rest = divmod(length, size) if size else (0, 0)
    lengths = (size,) * whole + ((rest,) if rest else ())
    return split_with_sizes(tensor, lengths or (0,), dim)


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` pieces of one length, the last one shorter, as views (torch.chunk)."""
    if not input.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    length = input.shape[wrap_dim(dim, input.ndim)]
    if not length:
        return split_with_sizes(input, (0,) * chunks, dim)
    return split(input, -(-length // chunks), dim)


def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Pieces as equal as can be, or cut before the positions given, as views (torch.tensor_split).

    A tensor of whole numbers, on the CPU, stands for a number if it has no dimension and for positions if it has one.
    """
    if not input.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    place = wrap_dim(dim, input.ndim)
    length = input.shape[place]
    given = _numbers("tensor_split", indices_or_sections)
    if isinstance(given, int):
        if given <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {given}")
        cuts = [length // given * number + min(number, length % given) for number in range(1, given)]
    else:
        cuts = [range(length)[:each].stop for each in given]
    bounds = zip([0, *cuts], [*cuts, length], strict=True)
    return tuple(narrow(input, place, start, max(0, stop - start)) for start, stop in bounds)


def _numbers(name: str, given: Any) -> int | list[int]:
    """A number of sections or positions; raises TypeError or RuntimeError for anything else."""
    if isinstance(given, TensorBase):
        if given.dtype is not int64 or given.ndim > 1 or given.device != CPU:
            raise RuntimeError(
                f"{name} expected tensor_indices_or_sections to be a zero- or one-dimensional tensor of int64 on the "
                f"CPU, but got shape {list(given.shape)} of {given.dtype} on {given.device}"
            )
        return given.tolist()  # type: ignore[attr-defined]
    try:
        return [operator.index(each) for each in given] if isinstance(given, tuple | list) else operator.index(given)
    except TypeError as error:
        raise TypeError(f"{name}() takes a whole number of sections or a list of positions, got {given!r}") from error


def unsafe_split(input: Any, split_size: int, dim: int = 0) -> tuple[Any, ...]:
    """Pieces of one length, the last one shorter, which may be written in place (torch.unsafe_split)."""
    return tuple(map(on_its_own, split(input, split_size, dim)))


def unsafe_split_with_sizes(input: Any, split_sizes: Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Pieces of the lengths given, which may be written in place (torch.unsafe_split_with_sizes)."""
    return tuple(map(on_its_own, split_with_sizes(input, tuple(split_sizes), dim)))


def unsafe_chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` pieces of one length, which may be written in place (torch.unsafe_chunk)."""
    return tuple(map(on_its_own, chunk(input, chunks, dim)))


def vsplit(input: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """Pieces along the first dimension, of equal length or cut at positions (torch.vsplit)."""
    return _even_split("vsplit", input, indices_or_sections, 2, 0)


def hsplit(input: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """Pieces along the columns, of a vector along its only dimension, of equal length or cut at positions."""
    return _even_split("hsplit", input, indices_or_sections, 1, 0 if input.ndim == 1 else 1)


def dsplit(input: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """Pieces along the third dimension, of equal length or cut at positions (torch.dsplit)."""
    return _even_split("dsplit", input, indices_or_sections, 3, 2)


def _even_split(name: str, input: Any, given: Any, rank: int, dim: int) -> tuple[Any, ...]:
    if input.ndim < rank:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {rank} dimension, but got a tensor with {input.ndim} "
            f"dimensions of shape {list(input.shape)}"
        )
    sections = _numbers(name, given)
    if isinstance(sections, int) and (sections == 0 or input.shape[dim] % sections):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension "
            f"{input.shape[dim]} is not divisible by the split_size {sections}!"
        )
    return tensor_split(input, sections, dim)
