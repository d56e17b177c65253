"""Tensor's indexing, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.ops.elementwise.selection import fill
from engine.ops.indices import indexing, masking
from engine.ops.layouts import view_copies, view_writes
from engine.ops.layouts.copying import copy
from engine.ops.layouts.layout import reshape
from engine.tensors.from_data import array_from, is_array
from engine.tensors.making import place
from engine.tensors.subscripts import read_subscript

_copy_, _fill_ = in_place(copy), in_place(fill)
_index_put_, _masked_fill_ = in_place(indexing.index_put), in_place(masking.masked_fill)


class Indexing(TensorBase):
    """Tensor's indexing, read and written."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        subscript = read_subscript(self, key)
        if subscript.mask is not None:
            return masking.masked_rows(self, subscript.mask)
        shown = indexing.basic_index(self, subscript.key)
        return indexing.index(shown, subscript.indices, subscript.dims) if subscript.indices else shown

    def __setitem__(self, key: Any, value: Any) -> None:
        if key is False:
            return
        key = None if key is True else key
        subscript = read_subscript(self, key)
        whole = subscript.key == tuple((0, length, 1) for length in self.shape)
        shown = self if whole else indexing.basic_index(self, subscript.key)
        if subscript.filled is not None and _is_single(value):
            mask, start = subscript.filled
            spread = mask.bool().reshape((*mask.shape, *(1,) * (shown.ndim - start - mask.ndim)))
            _masked_fill_(shown, spread, reshape(value, ()) if isinstance(value, TensorBase) else value)
            return
        if isinstance(value, str):
            raise TypeError(f"can't assign a str to a tensor of {self.dtype}")
        if not isinstance(value, TensorBase):
            value = place(self.result_class, array_from(value, self.dtype), self.device)
        if subscript.mask is not None:
            _index_put_(self, masking.mask_positions(subscript.mask), _without_leading_ones(value))
        elif subscript.indices:
            _index_put_(shown, subscript.indices, _without_leading_ones(value), False, subscript.dims)
        else:
            _copy_(shown, _without_leading_ones(value, shown.ndim).to(device=self.device))

    def copy_(self, src: Any, non_blocking: bool = False) -> Any:
        """The values of `src`, broadcast and converted, written here (torch.Tensor.copy_)."""
        if isinstance(src, int | float):
            return _fill_(self, src)
        return _copy_(self, src.to(device=self.device))

    def fill_(self, value: Any) -> Any:
        """One value written everywhere (torch.Tensor.fill_)."""
        return _fill_(self, value)

    def zero_(self) -> Any:
        """Zero written everywhere (torch.Tensor.zero_)."""
        return _fill_(self, 0)

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """The positions of what differs from zero (torch.nonzero)."""
        return masking.nonzero(self, as_tuple)

    def nonzero_static(self, *, size: int, fill_value: int = -1) -> Any:
        """The first `size` positions of what differs from zero (torch.nonzero_static)."""
        return masking.nonzero_static(self, size=size, fill_value=fill_value)

    def argwhere(self) -> Any:
        """The positions of what differs from zero, a row each (torch.argwhere)."""
        return masking.nonzero(self)

    def select(self, dim: int, index: int) -> Any:
        """The slice at one position of a dimension (torch.select)."""
        return indexing.select(self, dim, index)

    def narrow(self, dim: int, start: Any, length: int) -> Any:
        """Some positions of a dimension in a row (torch.narrow)."""
        return indexing.narrow(self, dim, start, length)

    def narrow_copy(self, dim: int, start: int, length: int) -> Any:
        """A copy of some positions of a dimension in a row (torch.narrow_copy)."""
        return view_copies.narrow_copy(self, dim, start, length)

    def select_scatter(self, src: Any, dim: int, index: int) -> Any:
        """A copy with `src` at one position of a dimension (torch.select_scatter)."""
        return view_writes.select_scatter(self, src, dim, index)

    def slice_scatter(
        self, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
    ) -> Any:
        """A copy with `src` at some positions of a dimension (torch.slice_scatter)."""
        return view_writes.slice_scatter(self, src, dim, start, end, step)

    def diagonal_scatter(self, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        """A copy with `src` on a diagonal (torch.diagonal_scatter)."""
        return view_writes.diagonal_scatter(self, src, offset, dim1, dim2)

    def as_strided_scatter(self, src: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
        """A copy with `src` where `as_strided` shows it (torch.as_strided_scatter)."""
        return view_writes.as_strided_scatter(self, src, size, stride, storage_offset)


def _is_single(value: Any) -> bool:
    if isinstance(value, TensorBase):
        return value.as_spec.size == 1
    return not isinstance(value, Sequence) and not is_array(value)


def _without_leading_ones(value: Any, rank: int = 0) -> Any:
    """The value without leading dimensions of length 1 that what is written to doesn't have."""
    shape = value.shape
    while len(shape) > rank and shape[0] == 1:
        shape = shape[1:]
    return value if shape == value.shape else value.reshape(shape)
