"""Softmax and its logarithm, shifted by the maximum so that nothing overflows."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast
from engine.backend.dtype import as_dtype, dtype
from engine.backend.namespace import xp
from engine.kernels.cpu import softmax as fast
from engine.ops.dimensions import wrap_dim
from engine.ops.precision import narrowed, widened
from engine.ops.reductions.reduction import wide


def _softmax_shape(input: Spec, dim: int, dtype: dtype | None) -> Spec:
    wrap_dim(dim, input.ndim)
    kind = dtype or input.dtype
    if not kind.is_floating_point:
        raise NotImplementedError(f"softmax is not implemented for {kind.name}; convert the input or pass dtype=")
    return Spec(input.shape, kind)


def _axis(input: Any, dim: int) -> int | tuple[int, ...]:
    return wrap_dim(dim, input.ndim) if input.ndim else ()


def _shifted(input: Any, dim: int, dtype: dtype | None) -> tuple[Any, Any, int | tuple[int, ...]]:
    """The input in the type to compute in, minus its maximum; the type of the result; the axis."""
    kind = _softmax_shape(Spec(input.shape, as_dtype(input.dtype)), dim, dtype).dtype
    axis = _axis(input, dim)
    values = input.astype(wide(kind), copy=False)
    if values.size == 0:
        return values, kind.numpy, axis
    return xp(input).subtract(values, values.max(axis=axis, keepdims=True)), kind.numpy, axis


@op(shape=_softmax_shape, types="keep", rows=True)
def softmax(input: Array, dim: int, dtype: dtype | None = None) -> Any:
    """exp(x) / Σ exp(x) along `dim`, computed in `dtype` if one is given (torch.softmax)."""
    shifted, kind, axis = _shifted(input, dim, dtype)
    powers = xp(input).exp(shifted)
    return (powers / powers.sum(axis=axis, keepdims=True)).astype(kind, copy=False)


@op(shape=_softmax_shape, types="keep", rows=True)
def log_softmax(input: Array, dim: int, dtype: dtype | None = None) -> Any:
    """log(exp(x) / Σ exp(x)) along `dim`, computed in `dtype` if one is given (torch.log_softmax)."""
    shifted, kind, axis = _shifted(input, dim, dtype)
    return (shifted - xp(input).log(xp(input).exp(shifted).sum(axis=axis, keepdims=True))).astype(kind, copy=False)


def _gradient_shape(upstream: Spec, output: Spec, dim: int) -> Spec:
    return broadcast(upstream, output)


@op(shape=_gradient_shape, rows=True)
def softmax_backward(upstream: Array, output: Array, dim: int) -> Any:
    """The gradient of softmax from its output: y (g - Σ g y)."""
    g, y = widened(upstream), widened(output)
    total = (g * y).sum(axis=_axis(output, dim), keepdims=True)
    return narrowed(y * (g - total), upstream)


@op(shape=_gradient_shape, rows=True)
def log_softmax_backward(upstream: Array, output: Array, dim: int) -> Any:
    """The gradient of log_softmax from its output: g - exp(y) Σ g."""
    g, y = widened(upstream), widened(output)
    total = g.sum(axis=_axis(output, dim), keepdims=True)
    return narrowed(g - xp(output).exp(y) * total, upstream)


softmax_backward.gradient_from(lambda g, y, dim: y * (g - (g * y).sum(dim, True)))
log_softmax_backward.gradient_from(lambda g, y, dim: g - y.exp() * g.sum(dim, True))
softmax.gradient(input=lambda g, y, dim: softmax_backward(g, y, dim))
log_softmax.gradient(input=lambda g, y, dim: log_softmax_backward(g, y, dim))
softmax.fast(cpu=fast.softmax)
softmax_backward.fast(cpu=fast.softmax_backward)
log_softmax.fast(cpu=fast.log_softmax)
log_softmax_backward.fast(cpu=fast.log_softmax_backward)


def softmin(input: Any, dim: int, dtype: dtype | None = None) -> Any:
    """softmax(-input) (torch.nn.functional.softmin)."""
    return softmax(-input, dim, dtype)
