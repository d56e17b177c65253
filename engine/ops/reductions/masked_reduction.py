"""Reductions, running sums and normalisations of the elements where a mask is true, as if there were no others."""

from __future__ import annotations

import math
from typing import Any

from engine.backend.dtype import BOOL, INTEGER, bool_, dtype, float32, int64
from engine.ops.elementwise.exponential import logaddexp as add_in_logarithms
from engine.ops.elementwise.selection import maximum, where
from engine.ops.layouts.layout import expand
from engine.ops.reductions import cumulative, extremes, reduction
from engine.ops.reductions import softmax as softmaxes
from engine.ops.reductions.norm import vector_norm
from engine.ops.reductions.reduction import Dims
from engine.ops.reductions.sorting import nanmedian
from engine.ops.refusals import refuse_complex

DType = dtype


def _whole_mask(input: Any, mask: Any) -> Any:
    """The mask as truth values in the input's shape; raises IndexError for one of more dimensions."""
    if mask.ndim > input.ndim:
        raise IndexError(
            "expected a mask that broadcasts to the input, but its rank is higher: "
            f"shapes {list(mask.shape)} and {list(input.shape)}"
        )
    return expand(mask.to(bool_), input.shape)


def _filled(input: Any, mask: Any, value: float) -> Any:
    return input if mask is None else where(_whole_mask(input, mask), input, value)


def _lowest(kind: DType) -> float:
    return -math.inf if kind.is_floating_point else _ends(kind)[0]


def _highest(kind: DType) -> float:
    return math.inf if kind.is_floating_point else _ends(kind)[1]


def _ends(kind: DType) -> tuple[int, int]:
    """The smallest and the largest whole number of a type; raises TypeError for bool, whose ends are no numbers."""
    if kind.category != INTEGER:
        raise TypeError(f"a masked extreme has no identity in {kind}; convert the input with .to(dtype)")
    bits = 8 * kind.itemsize
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if kind.is_signed else (0, (1 << bits) - 1)


def _accumulator(given: DType) -> DType:
    return int64 if given.category in (BOOL, INTEGER) else given


def sum(input: Any, dim: Dims = None, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None) -> Any:
    """The sum over `dim`; 0 of nothing (torch.masked.sum)."""
    return reduction.sum(_filled(input, mask, 0), dim, keepdim, dtype or _accumulator(input.dtype))


def prod(input: Any, dim: Dims = None, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None) -> Any:
    """The product over `dim`; 1 of nothing (torch.masked.prod)."""
    return reduction.prod(_filled(input, mask, 1), dim, keepdim, dtype or _accumulator(input.dtype))


def cumsum(input: Any, dim: int, *, dtype: DType | None = None, mask: Any = None) -> Any:
    """Running sums along `dim`, in the input's type (torch.masked.cumsum)."""
    return cumulative.cumsum(_filled(input, mask, 0), dim, dtype or input.dtype)


def cumprod(input: Any, dim: int, *, dtype: DType | None = None, mask: Any = None) -> Any:
    """Running products along `dim`, in the input's type (torch.masked.cumprod)."""
    return cumulative.cumprod(_filled(input, mask, 1), dim, dtype or input.dtype)


def amax(input: Any, dim: Dims = None, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None) -> Any:
    """The largest elements over `dim`; -inf, or the type's smallest number, of nothing (torch.masked.amax)."""
    found = extremes.amax(input if mask is None else _filled(input, mask, _lowest(input.dtype)), _over(dim), keepdim)
    return found.to(dtype or input.dtype)


def amin(input: Any, dim: Dims = None, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None) -> Any:
    """The smallest elements over `dim`; inf, or the type's largest number, of nothing (torch.masked.amin)."""
    found = extremes.amin(input if mask is None else _filled(input, mask, _highest(input.dtype)), _over(dim), keepdim)
    return found.to(dtype or input.dtype)


def _over(dim: Dims) -> Dims:
    return () if dim is None else dim


def argmax(
    input: Any, dim: int | None = None, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None
) -> Any:
    """Where the first of the largest elements is, in the input's type (torch.masked.argmax)."""
    values = input if mask is None else _filled(input, mask, _lowest(input.dtype))
    return extremes.argmax(values, dim, keepdim).to(dtype or input.dtype)


def argmin(
    input: Any, dim: int | None = None, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None
) -> Any:
    """Where the first of the smallest elements is, in the input's type (torch.masked.argmin)."""
    values = input if mask is None else _filled(input, mask, _highest(input.dtype))
    return extremes.argmin(values, dim, keepdim).to(dtype or input.dtype)


def _count(input: Any, dim: Dims, keepdim: bool, mask: Any) -> Any:
    if mask is None:
        return reduction.reduced_size(input.shape, dim)
    return reduction.sum(_whole_mask(input, mask), dim, keepdim)


def mean(input: Any, dim: Dims = None, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None) -> Any:
    """The mean over `dim`; NaN of nothing; raises ValueError for integers (torch.masked.mean)."""
    kind = dtype or input.dtype
    if not kind.is_floating_point:
        raise ValueError(f"mean(): the dtype must be a floating point one, got {kind}; pass dtype=")
    return sum(input, dim, keepdim=keepdim, dtype=kind, mask=mask) / _count(input, dim, keepdim, mask)


def median(input: Any, dim: int = -1, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None) -> Any:
    """The lower median along `dim`; NaN of nothing, for which integers raise ValueError (torch.masked.median)."""
    if input.dtype.is_floating_point:
        return nanmedian(_filled(input, mask, math.nan), dim, keepdim).values
    found = nanmedian(_filled(input.to(float32), mask, math.nan), dim, keepdim).values
    if bool(found.isnan().any()):
        raise ValueError("masked median expects no fully masked out rows if dtype is not floating point")
    return found.to(dtype or input.dtype)


def norm(
    input: Any,
    ord: float = 2.0,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: Any = None,
) -> Any:
    """The norm of order `ord` over `dim`; 0 of nothing, inf for the order -inf (torch.masked.norm)."""
    values = _filled(input, mask, math.inf if ord == -math.inf else 0)
    return vector_norm(values.to(dtype or input.dtype), ord, dim, keepdim)


def var(
    input: Any,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: Any = None,
) -> Any:
    """Σ (input - mean)² / (n - correction) over `dim`; NaN of nothing (torch.masked.var)."""
    refuse_complex("var", input)
    kind = dtype or (input.dtype if input.dtype.is_floating_point else float32)
    values = input.to(kind)
    deviation = values - mean(values, dim, keepdim=True, mask=mask)
    total = sum(deviation * deviation, dim, keepdim=keepdim, mask=mask)
    less = (1 if unbiased is None else int(unbiased)) if correction is None else correction
    count = _count(input, dim, keepdim, mask)
    return total / (max(0, count - less) if mask is None else (count.to(kind) - less).clamp(min=0))


def std(
    input: Any,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: Any = None,
) -> Any:
    """The root of `var` (torch.masked.std)."""
    return var(input, dim, unbiased, correction=correction, keepdim=keepdim, dtype=dtype, mask=mask).sqrt()


def logsumexp(
    input: Any, dim: Dims = None, *, keepdim: bool = False, dtype: DType | None = None, mask: Any = None
) -> Any:
    """log(Σ exp(input)) over `dim`; -inf of nothing (torch.masked.logsumexp)."""
    values = input if mask is None else _filled(input, mask, _lowest(input.dtype))
    return reduction.logsumexp(values, dim, keepdim).to(dtype or input.dtype)


def logaddexp(
    input: Any, other: Any, *, dtype: DType | None = None, input_mask: Any = None, other_mask: Any = None
) -> Any:
    """log(exp(input) + exp(other)), each where its mask is true (torch.masked.logaddexp)."""
    first, second = _filled(input, input_mask, -math.inf), _filled(other, other_mask, -math.inf)
    return add_in_logarithms(first, second).to(dtype or input.dtype)


def softmax(input: Any, dim: int, *, dtype: DType | None = None, mask: Any = None) -> Any:
    """exp(x) / Σ exp(x) along `dim`, 0 where the mask is false (torch.masked.softmax)."""
    return softmaxes.softmax(_filled(input, mask, -math.inf), dim, dtype or input.dtype)


def log_softmax(input: Any, dim: int, *, dtype: DType | None = None, mask: Any = None) -> Any:
    """The logarithm of `softmax` (torch.masked.log_softmax)."""
    return softmaxes.log_softmax(_filled(input, mask, -math.inf), dim, dtype or input.dtype)


def softmin(input: Any, dim: int, *, dtype: DType | None = None, mask: Any = None) -> Any:
    """`softmax` of -x (torch.masked.softmin)."""
    return softmaxes.softmin(_filled(input, mask, math.inf), dim, dtype or input.dtype)


def normalize(
    input: Any, ord: float, dim: int, *, eps: float = 1e-12, dtype: DType | None = None, mask: Any = None
) -> Any:
    """The input over max(‖x‖, eps) along `dim`, 0 where the mask is false (torch.masked.normalize)."""
    length = norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    return _filled(input, mask, 0) / maximum(length, length.new_full((), eps))
