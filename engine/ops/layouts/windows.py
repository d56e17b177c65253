"""Windows: diagonals and sliding windows, as views of the input's memory."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype
from engine.backend.namespace import xp
from engine.ops.dimensions import wrap_dim
from engine.ops.layouts.layout import clone, flatten, like_writable
from engine.ops.layouts.memory_layout import strides_of
from engine.ops.layouts.strided import as_strided

Shape = tuple[int, ...]


def _diagonal_shape(input: Spec, offset: int, dim1: int, dim2: int) -> Spec:
    first, second = wrap_dim(dim1, input.ndim), wrap_dim(dim2, input.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    rows, columns = input.shape[first], input.shape[second]
    length = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    rest = (each for place, each in enumerate(input.shape) if place not in (first, second))
    return Spec((*rest, length), input.dtype)


@op(shape=_diagonal_shape, types="keep", view=True)
def diagonal(input: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal over two dimensions, as the last one; above the main one for offset > 0 (torch.diagonal)."""
    _diagonal_shape(Spec(input.shape, as_dtype(input.dtype)), offset, dim1, dim2)
    return like_writable(input.diagonal(offset, dim1, dim2), input)


@op(shape=lambda input, size, offset, dim1, dim2: Spec(size, input.dtype), types="keep", complex="holomorphic")
def diagonal_backward(input: Array, size: Shape, offset: int, dim1: int, dim2: int) -> Any:
    """Zeros of shape `size` with the input on a diagonal."""
    result = xp(input).zeros(size, input.dtype)
    like_writable(result.diagonal(offset, dim1, dim2), result)[...] = input
    return result


diagonal.gradient(
    input=lambda g, shape_of_input, offset, dim1, dim2: diagonal_backward(g, shape_of_input, offset, dim1, dim2)
)


diagonal_backward.gradient(input=lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2))


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices with the input's last dimension on their diagonal, zeros elsewhere (torch.diag_embed)."""
    rank = input.ndim + 1
    first, second = sorted((wrap_dim(dim1, rank), wrap_dim(dim2, rank)))
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    shape = list(input.shape[:-1])
    length = input.shape[-1] + abs(offset)
    for place in (first, second):
        shape.insert(place, length)
    return diagonal_backward(input, tuple(shape), offset, wrap_dim(dim1, rank), wrap_dim(dim2, rank))


def diag(input: Any, diagonal: int = 0) -> Any:
    """A matrix with the vector on its diagonal, or a copy of the matrix's diagonal (torch.diag)."""
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    return clone(_diagonal(input, diagonal))


def diagflat(input: Any, offset: int = 0) -> Any:
    """A matrix with all elements of the input on its diagonal, zeros elsewhere (torch.diagflat)."""
    return diag_embed(flatten(input), offset)


def main_diagonal(input: Any, wrap: bool = False) -> Any:
    """The main diagonal over all dimensions as a view, which starts again below a tall matrix with `wrap`."""
    if input.ndim < 2:
        raise RuntimeError(f"dimensions must larger than 1: fill_diagonal_() got a tensor of shape {list(input.shape)}")
    if input.ndim > 2 and len(set(input.shape)) > 1:
        raise RuntimeError(f"all dimensions of input must be of equal length, got shape {list(input.shape)}")
    step = sum(strides_of(input.array))
    length = min(input.shape)
    if wrap and input.ndim == 2:
        rows, columns = input.shape
        if rows > columns + 1 and input.array.flags.c_contiguous:
            length = -(-rows * columns // (columns + 1))
    return as_strided(input, (length,), (step,))


_diagonal = diagonal


def _unfold_shape(input: Spec, dimension: int, size: int, step: int) -> Spec:
    place = wrap_dim(dimension, input.ndim)
    length = input.shape[place] if input.ndim else 1
    if not 0 <= size <= length:
        raise RuntimeError(f"maximum size for tensor at dimension {dimension} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    shape = list(input.shape)
    if shape:
        shape[place] = (length - size) // step + 1
    return Spec((*shape, size), input.dtype)


@op(shape=_unfold_shape, types="keep", view=True)
def unfold(input: Array, dimension: int, size: int, step: int) -> Any:
    """All windows of `size` along a dimension, `step` apart, each in a new last dimension (torch.Tensor.unfold)."""
    shape = _unfold_shape(Spec(input.shape, as_dtype(input.dtype)), dimension, size, step).shape
    if not input.ndim:
        return input.reshape(1)[:size]
    place = wrap_dim(dimension, input.ndim)
    stride = input.strides[place]
    strides = (*input.strides[:place], stride * step, *input.strides[place + 1 :], stride)
    return xp(input).lib.stride_tricks.as_strided(input, shape, strides)


@op(
    shape=lambda input, input_sizes, dimension, size, step: Spec(input_sizes, input.dtype),
    types="keep",
    complex="holomorphic",
)
def unfold_backward(input: Array, input_sizes: Shape, dimension: int, size: int, step: int) -> Any:
    """The sum of windows at the places they were taken from."""
    if not input_sizes:
        return input.sum(dtype=input.dtype)
    result = xp(input).zeros(input_sizes, input.dtype)
    place = wrap_dim(dimension, len(input_sizes))
    along = xp(input).moveaxis(result, place, -1)
    windows = xp(input).moveaxis(input, place, -2)
    for position in range(size):
        along[..., position : position + step * windows.shape[-2] : step] += windows[..., position]
    return result


unfold.gradient(
    input=lambda g, shape_of_input, dimension, size, step: unfold_backward(g, shape_of_input, dimension, size, step)
)


unfold_backward.gradient(input=lambda g, dimension, size, step: unfold(g, dimension, size, step))
