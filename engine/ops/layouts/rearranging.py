"""Rearranging: copies of the elements in another order, masked or repeated."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.modes import host_read
from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import on_its_own, wrap
from engine.backend.namespace import xp
from engine.ops.dimensions import wrap_dim, wrap_dims
from engine.ops.indices.gathering import index_select
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.conversion import to
from engine.ops.layouts.layout import clone, expand, flatten, reshape, transpose, unsqueeze, view
from engine.ops.layouts.memory_layout import contiguous_format

Shape = tuple[int, ...]


def _flip_shape(input: Spec, dims: Shape) -> Spec:
    wrap_dims(dims, input.ndim)
    return input


@op(shape=_flip_shape, types="keep", complex="holomorphic")
def flip(input: Array, dims: Shape) -> Any:
    """A copy with the order along `dims` reversed (torch.flip)."""
    places = wrap_dims(dims, input.ndim)
    return xp(input).flip(input, places if input.ndim else ()).copy()


flip.gradient(input=lambda g, dims: flip(g, dims))


def fliplr(input: Any) -> Any:
    """A copy with columns reversed (torch.fliplr)."""
    if input.ndim < 2:
        raise RuntimeError(f"fliplr(): Input must be >= 2-d, this one has shape {list(input.shape)}")
    return flip(input, (1,))


def flipud(input: Any) -> Any:
    """A copy with rows reversed (torch.flipud)."""
    if not input.ndim:
        raise RuntimeError("flipud(): Input must be >= 1-d, this one is a number of shape []")
    return flip(input, (0,))


def rot90(input: Any, k: int = 1, dims: Shape = (0, 1)) -> Any:
    """A copy turned `k` quarters from the first of two dimensions towards the second (torch.rot90)."""
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == input.ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    first, second = wrap_dim(dims[0], input.ndim), wrap_dim(dims[1], input.ndim)
    turns = k % 4
    if turns == 0:
        return clone(input, contiguous_format)
    if turns == 2:
        return flip(input, (first, second))
    return clone(transpose(flip(input, (second if turns == 1 else first,)), first, second), contiguous_format)


def _roll_shape(input: Spec, shifts: Shape, dims: Shape) -> Spec:
    if len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    for dim in dims:
        if not input.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        wrap_dim(dim, input.ndim)
    return input


@op(shape=_roll_shape, types="keep", rows=True, complex="holomorphic")
def roll_dims(input: Array, shifts: Shape, dims: Shape) -> Any:
    """The elements shifted along dimensions; what leaves at the end comes back at the start (torch.roll with dims)."""
    _roll_shape(spec_of(input), shifts, dims)
    return xp(input).roll(input, shifts, tuple(wrap_dim(dim, input.ndim) for dim in dims))


roll_dims.gradient(input=lambda g, shifts, dims: roll_dims(g, tuple(-shift for shift in shifts), dims))


def roll(input: Any, shifts: int | Shape, dims: int | Shape | None = None) -> Any:
    """The elements shifted around; over the flattened tensor without `dims` (torch.roll)."""
    steps = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if dims is None or dims == ():
        return on_its_own(reshape(roll_dims(flatten(input), steps, (0,)), input.shape))
    return roll_dims(input, steps, (dims,) if isinstance(dims, int) else tuple(dims))


def _triangle_shape(input: Spec, diagonal: int) -> Spec:
    if input.ndim < 2:
        raise RuntimeError(f"a triangle needs a tensor with at least 2 dimensions, this one has {input.ndim}")
    return input


@op(shape=_triangle_shape, types="keep", rows=True, complex="holomorphic")
def tril(input: Array, diagonal: int = 0) -> Any:
    """The lower triangle of matrices, the rest zero (torch.tril)."""
    _triangle_shape(spec_of(input), diagonal)
    return xp(input).tril(input, diagonal)


tril.gradient(input=lambda g, diagonal: tril(g, diagonal))


@op(shape=_triangle_shape, types="keep", rows=True, complex="holomorphic")
def triu(input: Array, diagonal: int = 0) -> Any:
    """The upper triangle of matrices, the rest zero (torch.triu)."""
    _triangle_shape(spec_of(input), diagonal)
    return xp(input).triu(input, diagonal)


triu.gradient(input=lambda g, diagonal: triu(g, diagonal))


def repeat(input: Any, repeats: Shape) -> Any:
    """The whole tensor laid beside itself, `repeats` times a dimension (torch.Tensor.repeat)."""
    extra = len(repeats) - input.ndim
    if extra < 0:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: "
            f"{list(repeats)} for shape {list(input.shape)}"
        )
    if any(count < 0 for count in repeats):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(repeats)}: {list(repeats)}")
    lengths = (*(1,) * extra, *input.shape)
    single = view_pairs(input, lengths)
    pairs = [each for count, length in zip(repeats, lengths, strict=True) for each in (count, length)]
    copy = clone(expand(single, tuple(pairs)), contiguous_format)
    return on_its_own(view(copy, tuple(count * length for count, length in zip(repeats, lengths, strict=True))))


def view_pairs(input: Any, lengths: Shape) -> Any:
    """The input in shape (1, length, 1, length, ...), where repetitions can be expanded."""
    return view(input, tuple(each for length in lengths for each in (1, length)))


def tile(input: Any, dims: Shape) -> Any:
    """As `repeat`, with missing leading repetitions taken as 1 (torch.tile)."""
    return repeat(input, (*(1,) * (input.ndim - len(dims)), *dims))


def repeat_interleave(input: Any, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """Each element repeated in place, along `dim` or of the flattened tensor (torch.repeat_interleave).

    `repeats` is a number, or one number for each element as a tensor, which the host reads.
    """
    if dim is None:
        return repeat_interleave(flatten(input), repeats, 0)
    place = wrap_dim(dim, input.ndim)
    if isinstance(repeats, int):
        if repeats < 0:
            raise RuntimeError(f"repeats has to be non-negative, got {repeats}")
        shape = list(input.shape)
        spread = expand(unsqueeze(input, place + 1), (*shape[: place + 1], repeats, *shape[place + 1 :]))
        shape[place] *= repeats
        return view(clone(spread, contiguous_format), tuple(shape))
    host_read("repeat_interleave() with a tensor of repeats")
    counts = repeats.detach().cpu().array.reshape(-1)
    length = input.shape[place]
    if counts.size not in (1, length):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, got {counts.size} repeats for {length}"
        )
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")
    index = wrap(input.result_class, np.repeat(np.arange(length), counts))
    return index_select(input, place, to(index, device=input.device))
