"""Tensor's reductions and running sums."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.ops.dimensions import sizes
from engine.ops.reductions import cumulative, extremes, variance
from engine.ops.reductions import norm as norms
from engine.ops.reductions import reduction as ops
from engine.ops.reductions import softmax as softmaxes
from engine.tensors.forms import method


class Reduction(TensorBase):
    """Tensor's reductions and running sums."""

    __slots__ = ()

    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The sum over `dim`, of everything by default (torch.sum)."""
        return ops.sum(self, dim, keepdim, dtype)

    def sum_to_size(self, *size: Any) -> Any:
        """The sum over the dimensions along which `size` would be expanded (torch.Tensor.sum_to_size)."""
        return ops.sum_to_size(self, sizes(size))

    def mean(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The mean over `dim`, of everything by default (torch.mean)."""
        return ops.mean(self, dim, keepdim, dtype)

    def prod(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The product over `dim`, of everything by default (torch.prod)."""
        return ops.prod(self, dim, keepdim, dtype)

    def nansum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The sum of what is not NaN (torch.nansum)."""
        return ops.nansum(self, dim, keepdim, dtype)

    def nanmean(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The mean of what is not NaN (torch.nanmean)."""
        return ops.nanmean(self, dim, keepdim, dtype)

    def var(self, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: Any = None) -> Any:
        """The variance over `dim` (torch.var)."""
        return variance.var(self, dim, unbiased, keepdim, correction=correction)

    def std(self, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: Any = None) -> Any:
        """The standard deviation over `dim` (torch.std)."""
        return variance.std(self, dim, unbiased, keepdim, correction=correction)

    def norm(self, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        """The p-norm over `dim`, of everything by default (torch.norm)."""
        return norms.norm(self, p, dim, keepdim, dtype)

    def logsumexp(self, dim: Any, keepdim: bool = False) -> Any:
        """The logarithm of the sum of exponentials (torch.logsumexp)."""
        return ops.logsumexp(self, dim, keepdim)

    def softmax(self, dim: int, dtype: Any = None) -> Any:
        """Exponentials that sum to one along `dim` (torch.softmax)."""
        return softmaxes.softmax(self, dim, dtype)

    def log_softmax(self, dim: int, dtype: Any = None) -> Any:
        """The logarithm of softmax (torch.log_softmax)."""
        return softmaxes.log_softmax(self, dim, dtype)

    def any(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether any element is not zero (torch.any)."""
        return ops.any(self, dim, keepdim)

    def all(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether no element is zero (torch.all)."""
        return ops.all(self, dim, keepdim)

    def count_nonzero(self, dim: Any = None) -> Any:
        """How many elements are not zero (torch.count_nonzero)."""
        return ops.count_nonzero(self, dim)

    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The largest element; along `dim` values and indices (torch.max)."""
        return extremes.max(self, dim, keepdim)

    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The smallest element; along `dim` values and indices (torch.min)."""
        return extremes.min(self, dim, keepdim)

    def amax(self, dim: Any = (), keepdim: bool = False) -> Any:
        """The largest elements over `dim` (torch.amax)."""
        return extremes.amax(self, dim, keepdim)

    def amin(self, dim: Any = (), keepdim: bool = False) -> Any:
        """The smallest elements over `dim` (torch.amin)."""
        return extremes.amin(self, dim, keepdim)

    def aminmax(self, *, dim: int | None = None, keepdim: bool = False) -> Any:
        """The smallest and the largest elements (torch.aminmax)."""
        return extremes.aminmax(self, dim=dim, keepdim=keepdim)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Where the first of the largest elements is (torch.argmax)."""
        return extremes.argmax(self, dim, keepdim)

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """Where the first of the smallest elements is (torch.argmin)."""
        return extremes.argmin(self, dim, keepdim)

    def trace(self) -> Any:
        """The sum of a matrix's diagonal (torch.trace)."""
        return ops.trace(self)

    def cumsum(self, dim: int, *, dtype: Any = None) -> Any:
        """Running sums along `dim` (torch.cumsum)."""
        return cumulative.cumsum(self, dim, dtype)

    def cumprod(self, dim: int, *, dtype: Any = None) -> Any:
        """Running products along `dim` (torch.cumprod)."""
        return cumulative.cumprod(self, dim, dtype)

    cumsum_ = in_place(cumulative.cumsum)
    cumprod_ = in_place(cumulative.cumprod)
    cummax = method(cumulative.cummax)
    cummin = method(cumulative.cummin)
    logcumsumexp = method(cumulative.logcumsumexp)
