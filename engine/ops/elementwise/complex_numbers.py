"""Complex numbers: parts, conjugates, and the way between pairs of real numbers and complex ones.

The gradient of a real loss for z = x + iy is ∂L/∂x + i ∂L/∂y, PyTorch's convention.
"""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast_shapes, same
from engine.backend.dtype import dtype_of, float32, float64
from engine.backend.namespace import xp
from engine.ops.refusals import refuse_number


def _of_parts(input: Spec) -> Spec:
    return Spec(input.shape, input.dtype.to_real())


@op(shape=_of_parts, types="keep", view=True, complex="own")
def real_part(input: Array) -> Any:
    """The real parts of complex numbers, in their memory."""
    return input.real


real_part.gradient(input=lambda g: g)


@op(shape=_of_parts, types="keep", view=True, complex="own")
def imaginary_part(input: Array) -> Any:
    """The imaginary parts of complex numbers, in their memory."""
    return input.imag


imaginary_part.gradient(input=lambda g: g * 1j)


@op(shape=same, types="keep", complex="own")
def conjugate(input: Array) -> Any:
    """The complex conjugates."""
    return xp(input).conj(input)


conjugate.gradient(input=lambda g: g.conj())


def real(input: Any) -> Any:
    """The real part, a view; of real numbers the input itself (torch.real)."""
    return real_part(input) if input.dtype.is_complex else input


def imag(input: Any) -> Any:
    """The imaginary part, a view; raises RuntimeError for real numbers (torch.imag)."""
    if not input.dtype.is_complex:
        raise RuntimeError(f"imag is not implemented for tensors with non-complex dtypes, this one has {input.dtype}")
    return imaginary_part(input)


def conj(input: Any) -> Any:
    """The complex conjugate; of real numbers the input itself (torch.conj)."""
    return conjugate(input) if input.dtype.is_complex else input


def _complex_shape(real: Spec, imag: Spec) -> Spec:
    if real.dtype is not imag.dtype:
        raise RuntimeError(f"Expected object of scalar type {real.dtype} but got scalar type {imag.dtype} for imag")
    if real.dtype not in (float32, float64):
        raise RuntimeError(f"Expected both inputs to be Float or Double tensors but got {real.dtype}; convert them")
    return Spec(broadcast_shapes(real.shape, imag.shape), real.dtype.to_complex())


@op(shape=_complex_shape, types="keep", complex="own")
def complex(real: Array, imag: Array) -> Any:
    """The numbers `real + i imag`; RuntimeError for parts of two types or not float32 or float64 (torch.complex)."""
    both = _complex_shape(Spec(real.shape, dtype_of(real)), Spec(imag.shape, dtype_of(imag)))
    space = xp(real)
    result = space.empty(both.shape, both.dtype.numpy)
    result.real, result.imag = real, imag
    return result


complex.gradient(real=lambda g: real(g), imag=lambda g: imag(g))


def polar(abs: Any, angle: Any) -> Any:
    """The numbers `abs (cos angle + i sin angle)` (torch.polar)."""
    refuse_number("polar", abs, "abs")
    refuse_number("polar", angle, "angle")
    return complex(abs * angle.cos(), abs * angle.sin())


def _pairs_shape(input: Spec) -> Spec:
    if not input.dtype.is_complex:
        raise RuntimeError(f"view_as_real is only supported for complex tensors, this one has {input.dtype}")
    return Spec((*input.shape, 2), input.dtype.to_real())


@op(shape=_pairs_shape, types="keep", view=True, complex="own")
def view_as_real(input: Array) -> Any:
    """The same memory with real and imaginary part along a new last dimension of length 2 (torch.view_as_real)."""
    kind = _pairs_shape(Spec(input.shape, dtype_of(input))).dtype
    strided = xp(input).lib.stride_tricks.as_strided
    return strided(input.real, (*input.shape, 2), (*input.strides, kind.itemsize))


def _from_pairs_shape(input: Spec) -> Spec:
    if input.dtype not in (float32, float64):
        raise RuntimeError(f"view_as_complex is only supported for float32 and float64 tensors, not for {input.dtype}")
    if not input.shape or input.shape[-1] != 2:
        raise RuntimeError(f"Tensor must have a last dimension of size 2, this one has shape {list(input.shape)}")
    return Spec(input.shape[:-1], input.dtype.to_complex())


@op(shape=_from_pairs_shape, types="keep", view=True, complex="own")
def view_as_complex(input: Array) -> Any:
    """The same memory as complex numbers whose parts lie along the last dimension (torch.view_as_complex).

    Raises RuntimeError where that has not the length and stride of a pair.
    """
    kind = _from_pairs_shape(Spec(input.shape, dtype_of(input))).dtype
    size = input.dtype.itemsize
    if input.size and (input.strides[-1] != size or any(stride % (2 * size) for stride in input.strides[:-1])):
        raise RuntimeError(
            "Tensor must have a last dimension with stride 1 and the others with strides divisible by 2, "
            f"this one has strides {tuple(stride // size for stride in input.strides)}"
        )
    return input.view(kind.numpy)[..., 0]


view_as_real.gradient(input=lambda g: view_as_complex(g.contiguous()))
view_as_complex.gradient(input=lambda g: view_as_real(g))
