"""Discrete Fourier transforms over several dimensions, of complex numbers and of real ones, and their scales."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, same
from engine.backend.namespace import xp
from engine.ops.elementwise.complex_numbers import real
from engine.ops.layouts.padding import constant_pad_nd

Dims = tuple[int, ...]

# The norm under which the transform in the other direction has the same scale.
ACROSS = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


@op(shape=same, types="keep", complex="holomorphic")
def fourier(input: Array, dims: Dims, norm: str, inverse: bool) -> Any:
    """The sum over n of x[n] exp(∓2πi kn/N) along each of `dims`; `norm` says which direction is divided by what."""
    space = xp(input).fft
    return (space.ifftn if inverse else space.fftn)(input, axes=dims, norm=norm).astype(input.dtype, copy=False)


# The matrix of the transform is symmetric.
fourier.gradient(input=lambda g, dims, norm, inverse: fourier(g, dims, norm, inverse))


def _half(length: int) -> int:
    return length // 2 + 1


def _with_length(shape: Dims, dim: int, length: int) -> Dims:
    return (*shape[:dim], length, *shape[dim + 1 :])


def _half_shape(input: Spec, dims: Dims, norm: str) -> Spec:
    shape = _with_length(input.shape, dims[-1], _half(input.shape[dims[-1]]))
    return Spec(shape, input.dtype.to_complex())


@op(shape=_half_shape, types="keep")
def real_fourier(input: Array, dims: Dims, norm: str) -> Any:
    """The transform of real numbers, without the half along the last of `dims` that mirrors the other."""
    return xp(input).fft.rfftn(input, axes=dims, norm=norm)


def _gradient_of_real(g: Any, shape_of_input: Dims, dims: Dims, norm: str) -> Any:
    missing = shape_of_input[dims[-1]] - g.shape[dims[-1]]
    whole = constant_pad_nd(g, (0, 0) * (g.ndim - 1 - dims[-1]) + (0, missing))
    return real(fourier(whole, dims, ACROSS[norm], True))


real_fourier.gradient(input=_gradient_of_real)


def _whole_shape(input: Spec, length: int, dims: Dims, norm: str) -> Spec:
    return Spec(_with_length(input.shape, dims[-1], length), input.dtype.to_real())


@op(shape=_whole_shape, types="keep", complex="own")
def inverse_real_fourier(input: Array, length: int, dims: Dims, norm: str) -> Any:
    """The real numbers whose transform has `input` as its first half along the last of `dims`."""
    sizes = [*(input.shape[dim] for dim in dims[:-1]), length]
    result = xp(input).fft.irfftn(input, s=sizes, axes=dims, norm=norm)
    return result.astype(input.real.dtype, copy=False)


def _gradient_of_inverse(g: Any, length: int, dims: Dims, norm: str) -> Any:
    last = dims[-1]
    once = real_fourier(g, dims, ACROSS[norm])
    # All but the first and the middle one stand for their mirror images too.
    twice = 1.0 + (g.new_ones(_half(length)).cumsum(0) - 1).clamp(0, 1)
    if length % 2 == 0:
        twice[-1] = 1.0
    return once * twice.reshape((-1,) + (1,) * (g.ndim - 1 - last))


inverse_real_fourier.gradient(input=_gradient_of_inverse)
