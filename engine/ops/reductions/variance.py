"""Variances and standard deviations."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype
from engine.backend.namespace import xp
from engine.ops.precision import narrowed, widened
from engine.ops.reductions.reduction import Dims, mean, reduced_dims, reduced_shape, reduced_size, restored


def _freedom(shape: tuple[int, ...], dim: Dims, correction: float) -> float:
    return max(0, reduced_size(shape, dim) - correction)


def _variance_shape(input: Spec, dim: Dims, correction: float, keepdim: bool) -> Spec:
    return Spec(reduced_shape(input.shape, dim, keepdim), input.dtype)


def _refuse_whole(name: str, compute: dtype | None, given: dtype) -> None:
    if not given.is_floating_point:
        raise RuntimeError(f"std and var only support floating point dtypes, got {given}; convert it with .to(dtype)")


def _squares(input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    values, dims = widened(input), reduced_dims(dim, input.ndim)
    deviation = values - values.sum(axis=dims, keepdims=True) / reduced_size(input.shape, dim)
    return (deviation * deviation).sum(axis=dims, keepdims=keepdim) / _freedom(input.shape, dim, correction)


@op(shape=_variance_shape, types="keep", rows=True)
def variance(input: Array, dim: Dims = None, correction: float = 1, keepdim: bool = False) -> Any:
    """Σ (input - mean)² / (n - correction) over `dim`."""
    return narrowed(_squares(input, dim, correction, keepdim), input)


def _variance_gradient(g: Any, input: Any, dim: Dims, correction: float) -> Any:
    freedom = _freedom(input.shape, dim, correction)
    scale = 2 / freedom if freedom else math.nan
    return restored(g * scale, input.shape, dim) * (input - mean(input, dim, True))


variance.gradient(input=_variance_gradient)
variance.refuse(_refuse_whole)


@op(shape=_variance_shape, types="keep", rows=True)
def standard_deviation(input: Array, dim: Dims = None, correction: float = 1, keepdim: bool = False) -> Any:
    """√variance; where it is zero its gradient is zero too."""
    return narrowed(xp(input).sqrt(_squares(input, dim, correction, keepdim)), input)


def _deviation_gradient(g: Any, y: Any, input: Any, dim: Dims, correction: float) -> Any:
    through_root = (g / (2 * y)).masked_fill(y == 0, 0)
    return _variance_gradient(through_root, input, dim, correction)


standard_deviation.gradient(input=_deviation_gradient)
standard_deviation.refuse(_refuse_whole)


def _freedom_asked(dim: Any, unbiased: bool, correction: float | None) -> tuple[Dims, float]:
    """The dimensions and the correction: a lone bool where the dimensions go says `unbiased`, over everything."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return dim, int(unbiased) if correction is None else correction


def var(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Any:
    """Σ (input - mean)² / (n - correction) over `dim`; the correction is 1, or 0 when not `unbiased` (torch.var)."""
    return variance(input, *_freedom_asked(dim, unbiased, correction), keepdim)


def std(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Any:
    """√var, over `dim` (torch.std)."""
    return standard_deviation(input, *_freedom_asked(dim, unbiased, correction), keepdim)


def var_mean(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Any, Any]:
    """The variance and the mean over `dim` (torch.var_mean)."""
    over, less = _freedom_asked(dim, unbiased, correction)
    return variance(input, over, less, keepdim), mean(input, over, keepdim)


def std_mean(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Any, Any]:
    """The standard deviation and the mean over `dim` (torch.std_mean)."""
    over, less = _freedom_asked(dim, unbiased, correction)
    return standard_deviation(input, over, less, keepdim), mean(input, over, keepdim)
