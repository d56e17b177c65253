"""Where arrays lie in memory: addresses, the memory that views share, and whether two arrays overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.backend.namespace import xp

# The one layout there is; PyTorch also has sparse ones.
strided = "strided"
contiguous_format, preserve_format = "contiguous_format", "preserve_format"
channels_last, channels_last_3d = "channels_last", "channels_last_3d"

# The dimensions of images and volumes from the outermost in memory to the innermost, where channels lie innermost.
_CHANNELS_LAST = {channels_last: (0, 2, 3, 1), channels_last_3d: (0, 2, 3, 4, 1)}


def format_order(memory_format: str, rank: int) -> tuple[int, ...]:
    """The dimensions in the order of a format, the outermost first; RuntimeError for a rank that it isn't for."""
    if memory_format == contiguous_format:
        return tuple(range(rank))
    if memory_format not in _CHANNELS_LAST:
        raise RuntimeError(f"no memory format {memory_format!r}; there are {', '.join(MEMORY_FORMATS)}")
    order = _CHANNELS_LAST[memory_format]
    if len(order) != rank:
        raise RuntimeError(f"required rank {len(order)} tensor to use {memory_format} format, this one has rank {rank}")
    return order


MEMORY_FORMATS = (contiguous_format, preserve_format, channels_last, channels_last_3d)


def lies_in(array: Any, memory_format: str) -> bool:
    """Whether an array's elements lie in the order of a format without gaps."""
    if memory_format == contiguous_format:
        return bool(array.flags.c_contiguous)
    order = format_order(memory_format, array.ndim)
    return bool(array.transpose(order).flags.c_contiguous)


def kept_order(array: Any) -> tuple[int, ...]:
    """The order of dimensions, outermost first, that a new array like this one has: its own if it is dense."""
    return outermost_first(array) if is_dense(array) else tuple(range(array.ndim))


def inverse_order(order: tuple[int, ...]) -> tuple[int, ...]:
    """The order that undoes an order of dimensions."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def address(array: Any) -> int:
    """Where an array's first element lies."""
    return int(array.ctypes.data) if isinstance(array, np.ndarray) else int(array.data.ptr)


def owner_of(array: Any) -> Any:
    """The array that a view was taken of, through any number of views between them."""
    owner, link = array, array.base
    while link is not None:
        owner = link if isinstance(link, type(array)) else owner
        link = getattr(link, "base", None)
    return owner


def offset_of(array: Any) -> int:
    """Elements between the start of the memory that an array shares and its first one (PyTorch's storage offset)."""
    return int((address(array) - address(owner_of(array))) // array.itemsize)


def strides_of(array: Any) -> tuple[int, ...]:
    """The steps between neighbours along each dimension, in elements."""
    return tuple(stride // array.itemsize for stride in array.strides)


def memory_of(array: Any) -> Any:
    """All elements of the memory that an array shares, in one dimension and in the array's type."""
    owner = owner_of(array)
    line = owner.transpose(outermost_first(owner)).reshape(-1)
    if line.size and not xp(owner).may_share_memory(line, owner):
        raise RuntimeError(f"the memory of {list(owner.shape)} elements has gaps (strides {list(strides_of(owner))})")
    return line.view(array.dtype)


def outermost_first(array: Any) -> tuple[int, ...]:
    """The dimensions in the order of their strides, the longest one first."""
    return tuple(sorted(range(array.ndim), key=lambda dim: -array.strides[dim]))


def is_dense(array: Any) -> bool:
    """Whether the elements fill a piece of memory without gaps, each one once."""
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return True
    return bool(array.transpose(outermost_first(array)).flags.c_contiguous)


def refuse_overlap(target: Any, *sources: Any) -> None:
    """Raise RuntimeError for a write from memory that the target holds part of, as far as PyTorch looks for it."""
    for source in sources:
        if _overlaps(target, source):
            raise RuntimeError(
                f"unsupported operation: some elements of the written-to tensor of shape {list(target.shape)} and of "
                f"what is written, of shape {list(source.shape)}, refer to a single memory location. "
                "Please clone() the tensor before performing the operation."
            )


def _overlaps(target: Any, source: Any) -> bool:
    if type(target) is not type(source) or not xp(target).may_share_memory(target, source):
        return False
    if not (target.size and source.size and is_dense(target) and is_dense(source)):
        return False
    same_place = address(target) == address(source) and target.nbytes == source.nbytes
    return not same_place or (target.shape == source.shape and target.strides != source.strides)
