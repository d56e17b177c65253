"""Layout: the same elements in another shape or order, as views of one memory wherever strides allow it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, same
from engine.autograd.tensor_base import on_its_own
from engine.backend.namespace import xp
from engine.ops.dimensions import complete_shape, expanded_shape, wrap_dim, wrap_dims
from engine.ops.layouts.memory_layout import contiguous_format, format_order, inverse_order, lies_in, preserve_format

Shape = tuple[int, ...]


@op(shape=same, types="keep", view=True, differentiable=False)
def detach(input: Array) -> Any:
    """The same memory without history (torch.Tensor.detach)."""
    return input


def _clone_shape(input: Spec, memory_format: str = preserve_format) -> Spec:
    if memory_format != preserve_format:
        format_order(memory_format, input.ndim)
    return input


@op(shape=_clone_shape, types="keep", complex="holomorphic")
def clone(input: Array, memory_format: str = preserve_format) -> Any:
    """A copy, with its dimensions in the input's order of strides or in that of a memory format (torch.clone)."""
    if memory_format not in (contiguous_format, preserve_format):
        order = format_order(memory_format, input.ndim)
        return xp(input).array(input.transpose(order), order="C").transpose(inverse_order(order))
    repeated = any(stride == 0 and length > 1 for stride, length in zip(input.strides, input.shape, strict=True))
    return xp(input).array(input, order="C" if repeated or memory_format == contiguous_format else "K")


clone.gradient(input=lambda g: g)
clone.onto_output(lambda output, input, memory_format: np.copyto(output, input))


@op(shape=lambda input, size: Spec(expanded_shape(input.shape, size), input.dtype), types="keep", view=True)
def expand(input: Array, size: Shape) -> Any:
    """The input repeated along new and length-1 dimensions without a copy; -1 keeps a length (torch.Tensor.expand)."""
    expanded = xp(input).broadcast_to(input, expanded_shape(input.shape, size))
    return like_writable(expanded, input)


expand.gradient(input=lambda g: g)


def like_writable(viewed: Any, source: Any) -> Any:
    """The view made writable if its source is: NumPy is shy about views that may repeat elements."""
    if isinstance(viewed, np.ndarray):
        viewed.flags.writeable = source.flags.writeable
    return viewed


@op(shape=lambda input, size: Spec(complete_shape(size, input.size), input.dtype), types="keep", view=True)
def view(input: Array, size: Shape) -> Any:
    """The same memory in another shape; raises RuntimeError where the strides forbid it (torch.Tensor.view)."""
    viewed = input.reshape(complete_shape(size, input.size))
    if not _aliases(viewed, input):
        strides = [stride // input.itemsize for stride in input.strides]
        raise RuntimeError(
            f"view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            f"contiguous subspaces): {list(size)} of {list(input.shape)} with strides {strides}. Use "
            ".reshape(...) instead."
        )
    return viewed


view.gradient(input=lambda g, shape_of_input: g.reshape(shape_of_input))


def _aliases(viewed: Any, array: Any) -> bool:
    # A copy never lies within the bounds of what it was copied from.
    return viewed.size == 0 or xp(array).may_share_memory(viewed, array)


def reshape(input: Any, shape: Shape) -> Any:
    """The input in another shape: a view where strides allow it, else a copy (torch.reshape)."""
    complete = complete_shape(tuple(shape), input.as_spec.size)
    array = input.array
    if array is None or array.flags.c_contiguous or _aliases(array.reshape(complete), array):
        return view(input, complete)
    return on_its_own(view(clone(input, contiguous_format), complete))


def contiguous(input: Any, memory_format: str = contiguous_format) -> Any:
    """Itself if it lies in row-major order, or in a format, else a copy that does (torch.Tensor.contiguous)."""
    if input.array is None:
        format_order(memory_format, input.ndim)
        return input
    return input if lies_in(input.array, memory_format) else clone(input, memory_format)


def _permuted(input: Spec, dims: Shape) -> Spec:
    if len(dims) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            "desired ordering "
            f"of dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = {len(dims)}"
        )
    return Spec(tuple(input.shape[dim] for dim in wrap_dims(dims, input.ndim)), input.dtype)


@op(shape=_permuted, types="keep", view=True)
def permute(input: Array, dims: Shape) -> Any:
    """The dimensions in another order (torch.permute)."""
    return input.transpose(wrap_dims(dims, _same_rank(input, dims)))


permute.gradient(input=lambda g, dims: permute(g, inverse_permutation(dims)))


def _same_rank(input: Any, dims: Shape) -> int:
    return _permuted(Spec(input.shape, None), dims).ndim  # type: ignore[arg-type]


def inverse_permutation(dims: Shape) -> Shape:
    """The order that undoes a permutation."""
    wrapped = wrap_dims(dims, len(dims))
    return tuple(sorted(range(len(wrapped)), key=wrapped.__getitem__))


def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions swapped (torch.transpose)."""
    order = list(range(input.ndim))
    first, second = wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim)
    if order:
        order[first], order[second] = second, first
    return permute(input, tuple(order))


def t(input: Any) -> Any:
    """A matrix transposed; vectors stay as they are (torch.t)."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return permute(input, tuple(reversed(range(input.ndim))))


def movedim(input: Any, source: int | Shape, destination: int | Shape) -> Any:
    """Dimensions moved to other places, the rest in order (torch.movedim)."""
    sources, destinations = ((each,) if isinstance(each, int) else tuple(each) for each in (source, destination))
    if len(sources) != len(destinations):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(sources)} dims) should contain the same "
            "number of "
            f"dims as destination ({list(destinations)} dims)"
        )
    moved = dict(zip(wrap_dims(destinations, input.ndim), wrap_dims(sources, input.ndim), strict=True))
    rest = iter(dim for dim in range(input.ndim) if dim not in moved.values())
    return permute(input, tuple(moved[place] if place in moved else next(rest) for place in range(input.ndim)))


def squeeze(input: Any, dim: int | Shape | None = None) -> Any:
    """Without the dimensions of length 1, or without those given that have it (torch.squeeze)."""
    rank = input.ndim
    chosen = range(rank) if dim is None else wrap_dims((dim,) if isinstance(dim, int) else tuple(dim), rank)
    shape = tuple(length for place, length in enumerate(input.shape) if length != 1 or place not in chosen)
    return view(input, shape)


def unsqueeze(input: Any, dim: int) -> Any:
    """With a dimension of length 1 put in at `dim` (torch.unsqueeze)."""
    place = wrap_dim(dim, input.ndim + 1)
    return view(input, (*input.shape[:place], 1, *input.shape[place:]))


def adjoint(input: Any) -> Any:
    """Matrices transposed and conjugated; raises RuntimeError for fewer than two dimensions (torch.adjoint)."""
    if input.ndim < 2:
        raise RuntimeError(
            f"tensor.adjoint() is only supported on matrices or batches of matrices. Got {input.ndim}-D tensor."
        )
    turned = transpose(input, -2, -1)
    return turned.conj() if input.dtype.is_complex else turned


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The dimensions from `start_dim` to `end_dim` as one (torch.flatten)."""
    start, end = wrap_dim(start_dim, input.ndim), wrap_dim(end_dim, input.ndim)
    if not input.ndim:
        return reshape(input, (1,))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end:
        return input
    shape = input.shape
    return reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def unflatten(input: Any, dim: int, sizes: Shape) -> Any:
    """One dimension as several, of which one length may be -1 (torch.unflatten)."""
    place = wrap_dim(dim, input.ndim)
    try:
        inner = complete_shape(tuple(sizes), input.shape[place])
    except RuntimeError as error:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({input.shape[place]}) "
            "in the input tensor"
        ) from error
    return view(input, (*input.shape[:place], *inner, *input.shape[place + 1 :]))


def ravel(input: Any) -> Any:
    """All elements in one dimension, by a view where possible (torch.ravel)."""
    return reshape(input, (-1,))
