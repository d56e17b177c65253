"""Tensor's indexing, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.ops import gathering, indexing, masking, scattering
from engine.ops.copying import copy
from engine.ops.layout import reshape
from engine.ops.selection import fill
from engine.tensors.from_data import array_from, is_array
from engine.tensors.making import place
from engine.tensors.subscripts import read_subscript

_copy_, _fill_ = in_place(copy), in_place(fill)
_index_put_, _masked_fill_ = in_place(indexing.index_put), in_place(masking.masked_fill)
_index_add_, _index_copy_ = in_place(gathering.index_add), in_place(gathering.index_copy)
_index_fill_ = in_place(gathering.index_fill)
_scatter_, _scatter_add_ = in_place(scattering.scatter), in_place(scattering.scatter_add)


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
        subscript = read_subscript(self, key)
        mask = subscript.mask
        if mask is not None and _is_single(value):
            filled = mask.bool().reshape((*mask.shape, *(1,) * (self.ndim - mask.ndim)))
            _masked_fill_(self, filled, reshape(value, ()) if isinstance(value, TensorBase) else value)
            return
        if not isinstance(value, TensorBase):
            value = place(self.result_class, array_from(value, self.dtype), self.device)
        if mask is not None:
            _index_put_(self, masking.mask_positions(mask), _without_leading_ones(value))
            return
        whole = subscript.key == tuple((0, length, 1) for length in self.shape)
        shown = self if whole else indexing.basic_index(self, subscript.key)
        if subscript.indices:
            _index_put_(shown, subscript.indices, value, False, subscript.dims)
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

    def gather(self, dim: int, index: Any) -> Any:
        """Elements at positions along a dimension (torch.gather)."""
        return scattering.gather(self, dim, index)

    def scatter(self, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Any:
        """A copy with elements of `src`, or one value, put at positions along a dimension (torch.scatter)."""
        return scattering.scatter(self, dim, index, src if value is None else value)

    def scatter_(self, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Any:
        """Elements of `src`, or one value, put at positions along a dimension (torch.Tensor.scatter_)."""
        return _scatter_(self, dim, index, src if value is None else value)

    def scatter_add(self, dim: int, index: Any, src: Any) -> Any:
        """A copy with elements of `src` added at positions along a dimension (torch.scatter_add)."""
        return scattering.scatter_add(self, dim, index, src)

    def scatter_add_(self, dim: int, index: Any, src: Any) -> Any:
        """Elements of `src` added at positions along a dimension (torch.Tensor.scatter_add_)."""
        return _scatter_add_(self, dim, index, src)

    def take_along_dim(self, indices: Any, dim: int | None = None) -> Any:
        """`gather` with broadcasting (torch.take_along_dim)."""
        return scattering.take_along_dim(self, indices, dim)

    def take(self, index: Any) -> Any:
        """Elements by their number in row-major order (torch.take)."""
        return scattering.take(self, index)

    def index_select(self, dim: int, index: Any) -> Any:
        """Slices at positions of a dimension (torch.index_select)."""
        return gathering.index_select(self, dim, index)

    def index_add(self, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
        """A copy with slices added at positions of a dimension (torch.index_add)."""
        return gathering.index_add(self, dim, index, source, alpha)

    def index_add_(self, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
        """Slices added at positions of a dimension (torch.Tensor.index_add_)."""
        return _index_add_(self, dim, index, source, alpha)

    def index_copy(self, dim: int, index: Any, source: Any) -> Any:
        """A copy with slices put at positions of a dimension (torch.index_copy)."""
        return gathering.index_copy(self, dim, index, source)

    def index_copy_(self, dim: int, index: Any, source: Any) -> Any:
        """Slices put at positions of a dimension (torch.Tensor.index_copy_)."""
        return _index_copy_(self, dim, index, source)

    def index_fill(self, dim: int, index: Any, value: Any) -> Any:
        """A copy with one value at positions of a dimension (torch.index_fill)."""
        return gathering.index_fill(self, dim, index, value)

    def index_fill_(self, dim: int, index: Any, value: Any) -> Any:
        """One value put at positions of a dimension (torch.Tensor.index_fill_)."""
        return _index_fill_(self, dim, index, value)

    def index_put(self, indices: Any, values: Any, accumulate: bool = False) -> Any:
        """A copy with values put, or added, at positions (torch.index_put)."""
        return indexing.index_put(self, masking.as_positions(indices), values, accumulate)

    def index_put_(self, indices: Any, values: Any, accumulate: bool = False) -> Any:
        """Values put, or added, at positions (torch.Tensor.index_put_)."""
        return _index_put_(self, masking.as_positions(indices), values, accumulate)

    def masked_fill(self, mask: Any, value: Any) -> Any:
        """A copy with one value where the mask is true (torch.masked_fill)."""
        return masking.masked_fill(self, mask, value)

    def masked_fill_(self, mask: Any, value: Any) -> Any:
        """One value put where the mask is true (torch.Tensor.masked_fill_)."""
        return _masked_fill_(self, mask, value)

    def masked_select(self, mask: Any) -> Any:
        """The elements where the mask is true (torch.masked_select)."""
        return masking.masked_select(self, mask)

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """The positions of what differs from zero (torch.nonzero)."""
        return masking.nonzero(self, as_tuple)

    def argwhere(self) -> Any:
        """The positions of what differs from zero, a row each (torch.argwhere)."""
        return masking.nonzero(self)

    def select(self, dim: int, index: int) -> Any:
        """The slice at one position of a dimension (torch.select)."""
        return indexing.select(self, dim, index)

    def narrow(self, dim: int, start: int, length: int) -> Any:
        """Some positions of a dimension in a row (torch.narrow)."""
        return indexing.narrow(self, dim, start, length)


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
