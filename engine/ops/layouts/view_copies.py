"""Copies of what views show, which share no memory with the input (PyTorch's `*_copy` functions)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.output import with_out
from engine.backend.dtype import dtype
from engine.ops.dimensions import wrap_dim
from engine.ops.elementwise.complex_numbers import view_as_complex, view_as_real
from engine.ops.indices.indexing import narrow, select, slice_view
from engine.ops.layouts.joining import split_with_sizes, unbind
from engine.ops.layouts.layout import clone, expand, permute, squeeze, t, transpose, unsqueeze, view
from engine.ops.layouts.memory_layout import contiguous_format
from engine.ops.layouts.reinterpretation import view_as_dtype
from engine.ops.layouts.strided import as_strided
from engine.ops.layouts.windows import diagonal, unfold

Shape = tuple[int, ...]


def _copied(shown: Any) -> Any:
    return clone(shown, contiguous_format)


@with_out
def alias_copy(input: Any) -> Any:
    """A copy of the input (torch.alias_copy)."""
    return _copied(input)


@with_out
def as_strided_copy(input: Any, size: Shape, stride: Shape, storage_offset: int | None = None) -> Any:
    """A copy of what `as_strided` shows (torch.as_strided_copy)."""
    return _copied(as_strided(input, size, stride, storage_offset))


@with_out
def diagonal_copy(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy of a diagonal (torch.diagonal_copy)."""
    return _copied(diagonal(input, offset, dim1, dim2))


@with_out
def expand_copy(input: Any, size: Shape, *, implicit: bool = False) -> Any:
    """A copy of the input expanded (torch.expand_copy)."""
    return _copied(expand(input, tuple(size)))


@with_out
def narrow_copy(input: Any, dim: int, start: int, length: int) -> Any:
    """A copy of some positions of a dimension in a row (torch.narrow_copy)."""
    if dim >= input.ndim:
        raise RuntimeError(f"narrow_copy(): dim {dim} is out of range for a tensor of shape {list(input.shape)}")
    return _copied(narrow(input, dim, start, length))


@with_out
def permute_copy(input: Any, dims: Shape) -> Any:
    """A copy with the dimensions in another order (torch.permute_copy)."""
    return _copied(permute(input, tuple(dims)))


@with_out
def select_copy(input: Any, dim: int, index: int) -> Any:
    """A copy of the slice at one position of a dimension (torch.select_copy)."""
    return _copied(select(input, dim, index))


@with_out
def slice_copy(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    """A copy of every `step`-th position of a dimension from `start` to before `end` (torch.slice_copy)."""
    return _copied(slice_view(input, dim, start, end, step))


@with_out
def split_copy(input: Any, split_size: int, dim: int = 0) -> tuple[Any, ...]:
    """Copies of pieces of one length, the last one shorter (torch.split_copy)."""
    length = input.shape[wrap_dim(dim, input.ndim)]
    return split_with_sizes_copy(
        input, tuple(min(split_size, length - start) for start in range(0, length, split_size)), dim
    )


@with_out
def split_with_sizes_copy(input: Any, split_sizes: Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Copies of pieces of the given lengths (torch.split_with_sizes_copy)."""
    return tuple(map(_copied, split_with_sizes(input, tuple(split_sizes), dim)))


@with_out
def squeeze_copy(input: Any, dim: int | Shape | None = None) -> Any:
    """A copy without dimensions of length 1 (torch.squeeze_copy)."""
    return _copied(squeeze(input, dim))


@with_out
def t_copy(input: Any) -> Any:
    """A copy of a matrix transposed (torch.t_copy)."""
    return _copied(t(input))


@with_out
def transpose_copy(input: Any, dim0: int, dim1: int) -> Any:
    """A copy with two dimensions swapped (torch.transpose_copy)."""
    return _copied(transpose(input, dim0, dim1))


@with_out
def unbind_copy(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """Copies of the slices along a dimension (torch.unbind_copy)."""
    return tuple(map(_copied, unbind(input, dim)))


@with_out
def unfold_copy(input: Any, dimension: int, size: int, step: int) -> Any:
    """A copy of all windows along a dimension (torch.unfold_copy)."""
    return _copied(unfold(input, dimension, size, step))


@with_out
def unsqueeze_copy(input: Any, dim: int) -> Any:
    """A copy with a dimension of length 1 put in (torch.unsqueeze_copy)."""
    return _copied(unsqueeze(input, dim))


@with_out
def view_copy(input: Any, size: Shape | dtype) -> Any:
    """A copy in another shape, or of the same bytes as another type (torch.view_copy)."""
    return _copied(view_as_dtype(input, size) if isinstance(size, dtype) else view(input, tuple(size)))


@with_out
def view_as_real_copy(input: Any) -> Any:
    """A copy of complex numbers as pairs (torch.view_as_real_copy)."""
    return _copied(view_as_real(input))


@with_out
def view_as_complex_copy(input: Any) -> Any:
    """A copy of pairs as complex numbers (torch.view_as_complex_copy)."""
    return _copied(view_as_complex(input))


@with_out
def detach_copy(input: Any) -> Any:
    """A copy without history (torch.detach_copy)."""
    return _copied(input.detach())
