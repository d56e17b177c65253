"""Tensor's elements and slices taken from, put to and reduced into positions along a dimension."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.ops.indices import gathering, indexing, masking, scatter_reduction, scattering

_index_put_, _masked_fill_ = in_place(indexing.index_put), in_place(masking.masked_fill)
_index_add_, _index_copy_ = in_place(gathering.index_add), in_place(gathering.index_copy)
_index_fill_, _reduce_into_ = in_place(gathering.index_fill), in_place(scatter_reduction.reduce_into)
_scatter_, _scatter_add_ = in_place(scattering.scatter), in_place(scattering.scatter_add)


class Scattering(TensorBase):
    """Tensor's elements and slices taken from, put to and reduced into positions along a dimension."""

    __slots__ = ()

    def gather(self, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
        """Elements at positions along a dimension (torch.gather)."""
        return scattering.gather(self, dim, index)

    def scatter(self, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
        """A copy with elements of `src`, or one value, put at positions along a dimension (torch.scatter)."""
        return scatter_reduction.scatter(self, dim, index, src, value=value, reduce=reduce)

    def scatter_(self, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
        """Elements of `src`, or one value, put at positions along a dimension (torch.Tensor.scatter_)."""
        given = src if value is None else value
        if reduce is None:
            return _scatter_(self, dim, index, given)
        landed = scatter_reduction.landed_values(self, dim, index, given)
        return _reduce_into_(self, dim, index, landed, scatter_reduction.combination(reduce), True)

    def scatter_reduce(self, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
        """A copy with elements of `src` reduced into positions along a dimension (torch.scatter_reduce)."""
        return scatter_reduction.scatter_reduce(self, dim, index, src, reduce, include_self=include_self)

    def scatter_reduce_(self, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
        """Elements of `src` reduced into positions along a dimension (torch.Tensor.scatter_reduce_)."""
        landed = scatter_reduction.landing(self, dim, index, src)
        return _reduce_into_(self, dim, index, landed, reduce, include_self)

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

    def put(self, index: Any, source: Any, accumulate: bool = False) -> Any:
        """A copy with values put, or added, at places counted in row-major order (torch.put)."""
        return scattering.put(self, index, source, accumulate)

    def put_(self, index: Any, source: Any, accumulate: bool = False) -> Any:
        """Values put, or added, at places counted in row-major order (torch.Tensor.put_)."""
        return self.copy_(scattering.put(self, index, source, accumulate))  # type: ignore[attr-defined]

    def index_select(self, dim: int, index: Any) -> Any:
        """Slices at positions of a dimension (torch.index_select)."""
        return gathering.index_select(self, dim, index)

    def index_add(self, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
        """A copy with slices added at positions of a dimension (torch.index_add)."""
        return gathering.index_add(self, dim, index, source, alpha)

    def index_add_(self, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
        """Slices added at positions of a dimension (torch.Tensor.index_add_)."""
        return _index_add_(self, dim, index, source, alpha)

    def index_reduce(self, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
        """A copy with slices reduced into positions of a dimension (torch.index_reduce)."""
        return scatter_reduction.index_reduce(self, dim, index, source, reduce, include_self=include_self)

    def index_reduce_(self, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
        """Slices reduced into positions of a dimension (torch.Tensor.index_reduce_)."""
        places = scatter_reduction.landing_index(self, dim, index, source, reduce)
        return _reduce_into_(self, dim, places, source, reduce, include_self)

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
        return masking.index_put(self, indices, values, accumulate)

    def index_put_(self, indices: Any, values: Any, accumulate: bool = False) -> Any:
        """Values put, or added, at positions (torch.Tensor.index_put_)."""
        return _index_put_(self, masking.as_positions(indices), values, accumulate)

    def masked_fill(self, mask: Any, value: Any) -> Any:
        """A copy with one value where the mask is true (torch.masked_fill)."""
        return masking.masked_fill(self, mask, value)

    def masked_fill_(self, mask: Any, value: Any) -> Any:
        """One value put where the mask is true (torch.Tensor.masked_fill_)."""
        return _masked_fill_(self, mask, value)

    def masked_scatter(self, mask: Any, source: Any) -> Any:
        """A copy with the elements of `source` in order where the mask is true (torch.masked_scatter)."""
        return masking.masked_scatter(self, mask, source)

    def masked_scatter_(self, mask: Any, source: Any) -> Any:
        """The elements of `source` in order put where the mask is true (torch.Tensor.masked_scatter_)."""
        masking.check_spread(self, mask)
        return self.copy_(masking.masked_scatter(self, mask, source))  # type: ignore[attr-defined]

    def masked_select(self, mask: Any) -> Any:
        """The elements where the mask is true (torch.masked_select)."""
        return masking.masked_select(self, mask)
