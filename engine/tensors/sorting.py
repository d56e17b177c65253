"""Tensor's sorting and counting."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops.reductions import counting
from engine.ops.reductions import sorting as ops


class Sorting(TensorBase):
    """Tensor's sorting and counting."""

    __slots__ = ()

    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
        """The elements in order along `dim`, and where they were (torch.sort)."""
        return ops.sort(self, dim, descending, stable)

    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
        """Where the elements in order along `dim` are (torch.argsort)."""
        return ops.argsort(self, dim, descending, stable)

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
        """The k largest or smallest elements along `dim`, and where they are (torch.topk)."""
        return ops.topk(self, k, dim, largest, sorted)

    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> Any:
        """The k-th smallest elements along `dim`, and where they are (torch.kthvalue)."""
        return ops.kthvalue(self, k, dim, keepdim)

    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The lower median of all elements; along `dim` values and indices (torch.median)."""
        return ops.median(self, dim, keepdim)

    def nanmedian(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The lower median of what is not NaN; along `dim` values and indices (torch.nanmedian)."""
        return ops.nanmedian(self, dim, keepdim)

    def mode(self, dim: int = -1, keepdim: bool = False) -> Any:
        """The most frequent elements along `dim`, and where they are (torch.mode)."""
        return ops.mode(self, dim, keepdim)

    def msort(self) -> Any:
        """The elements in order along the first dimension (torch.msort)."""
        return ops.msort(self)

    def unique(
        self, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
    ) -> Any:
        """The distinct values in order (torch.unique)."""
        return counting.unique(self, sorted, return_inverse, return_counts, dim)

    def unique_consecutive(
        self, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
    ) -> Any:
        """The first of each run of equal elements (torch.unique_consecutive)."""
        return counting.unique_consecutive(self, return_inverse, return_counts, dim)

    def bincount(self, weights: Any = None, minlength: int = 0) -> Any:
        """How often each whole number comes (torch.bincount)."""
        return counting.bincount(self, weights, minlength)
