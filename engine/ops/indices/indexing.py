"""Indexing: views by integers, slices and new dimensions; reads and writes by arrays of integers."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast_shapes
from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import INTEGER, as_dtype
from engine.backend.namespace import on_host, xp
from engine.backend.scatter import add_at
from engine.ops.dimensions import wrap_dim

Shape = tuple[int, ...]
# One entry a dimension: a position, (start, stop, step) of a slice, or None for a new dimension.
BasicKey = tuple[int | tuple[int, int, int] | None, ...]


def spec_of(value: Any) -> Any:
    """The shape and dtype of an array; numbers stay numbers."""
    return Spec(value.shape, as_dtype(value.dtype)) if hasattr(value, "shape") else value


def _basic_shape(input: Spec, key: BasicKey) -> Spec:
    lengths = [1 if each is None else len(range(*each)) for each in key if not isinstance(each, int)]
    used = sum(each is not None for each in key)
    return Spec((*lengths, *input.shape[used:]), input.dtype)


def _slices(key: BasicKey) -> tuple[Any, ...]:
    # The ellipsis keeps NumPy from answering with a number instead of a 0-d view.
    return (*(slice(*each) if isinstance(each, tuple) else each for each in key), ...)


@op(shape=_basic_shape, types="keep", view=True)
def basic_index(input: Array, key: BasicKey) -> Any:
    """What integers, slices and None show of the input, without a copy (x[1, 2:5, None])."""
    return input[_slices(key)]


@op(shape=lambda input, size, key: Spec(size, input.dtype), types="keep", complex="holomorphic")
def basic_index_backward(input: Array, size: Shape, key: BasicKey) -> Any:
    """Zeros of shape `size` with the input where `key` shows it."""
    result = xp(input).zeros(size, input.dtype)
    result[_slices(key)] = input
    return result


basic_index.gradient(input=lambda g, shape_of_input, key: basic_index_backward(g, shape_of_input, key))


basic_index_backward.gradient(input=lambda g, key: basic_index(g, key))


def _whole(shape: Shape) -> list[int | tuple[int, int, int] | None]:
    return [(0, length, 1) for length in shape]


def select(input: Any, dim: int, index: int) -> Any:
    """The slice at one position of a dimension, which disappears; a view (torch.select)."""
    if not input.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    place = wrap_dim(dim, input.ndim)
    length = input.shape[place]
    if not -length <= index < length:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    key = _whole(input.shape)
    key[place] = index % length
    return basic_index(input, tuple(key))


def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """`length` positions of a dimension from `start`, a number or a tensor of one; a view (torch.narrow)."""
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if isinstance(start, TensorBase):
        if start.ndim or start.dtype.category != INTEGER:
            raise RuntimeError(
                f"start must be an 0-dim integral Tensor., got shape {list(start.shape)} of {start.dtype}"
            )
        start = int(start)  # type: ignore[call-overload]
    place = wrap_dim(dim, input.ndim)
    whole = input.shape[place]
    if length < 0:
        raise RuntimeError(f"narrow(): length must be non-negative, got {length}")
    if not -whole <= start <= whole:
        raise IndexError(f"start out of range (expected to be in range of [{-whole}, {whole}], but got {start})")
    first = start + whole if start < 0 else start
    if first + length > whole:
        raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({whole}).")
    key = _whole(input.shape)
    key[place] = (first, first + length, 1)
    return basic_index(input, tuple(key))


def slice_view(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    """Every `step`-th position of a dimension from `start` to before `end`, clamped to its length; a view."""
    if not input.ndim:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise RuntimeError(f"slice step must be positive, got {step}")
    place = wrap_dim(dim, input.ndim)
    first, last, _ = slice(start, end).indices(input.shape[place])
    key = _whole(input.shape)
    key[place] = (first, max(first, last), step)
    return basic_index(input, tuple(key))


def unravel_index(indices: Any, shape: int | Shape) -> tuple[Any, ...]:
    """Positions counted in row-major order as one position in each dimension of `shape` (torch.unravel_index)."""
    if indices.dtype.category != INTEGER:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    lengths = (shape,) if isinstance(shape, int) else tuple(shape)
    if not all(isinstance(each, int) for each in lengths):
        raise TypeError(f"unravel_index() expected shape to be int or sequence of ints, but got {shape!r}")
    if any(each < 0 for each in lengths):
        raise ValueError(f"'shape' cannot have negative values, but got {lengths}")
    steps = [math.prod(lengths[place + 1 :]) for place in range(len(lengths))]
    return tuple((indices // max(step, 1)) % max(length, 1) for step, length in zip(steps, lengths, strict=True))


def _index_shape(input: Spec, indices: tuple[Spec, ...], dims: Shape | None = None) -> Spec:
    places = _places(input.ndim, indices, dims)
    for each in indices:
        if each.dtype.category != INTEGER:
            raise IndexError(f"tensors used as indices must be long, int, byte or bool tensors, got {each.dtype}")
    for place, each in zip(places, indices, strict=True):
        if each.size and not input.shape[place]:
            raise IndexError(f"index is out of bounds for dimension {place} with size 0 of shape {list(input.shape)}")
    try:
        joint = broadcast_shapes(*(each.shape for each in indices))
    except RuntimeError as error:
        found = ", ".join(str(list(each.shape)) for each in indices)
        raise IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {found}"
        ) from error
    rest = [length for place, length in enumerate(input.shape) if place not in places]
    adjacent = places[-1] - places[0] == len(places) - 1
    first = places[0] if adjacent else 0
    return Spec((*rest[:first], *joint, *rest[first:]), input.dtype)


def _places(rank: int, indices: Any, dims: Shape | None) -> Shape:
    if len(indices) > rank:
        raise IndexError(f"too many indices for tensor of dimension {rank} (got {len(indices)})")
    return tuple(range(len(indices))) if dims is None else dims


def _array_key(input: Any, indices: Any, dims: Shape | None) -> tuple[Any, ...]:
    key: list[Any] = [slice(None)] * input.ndim
    for place, index in zip(_places(input.ndim, indices, dims), indices, strict=True):
        _check_positions(index, place, input.shape[place])
        key[place] = index
    return tuple(key)


def _check_positions(index: Any, place: int, length: int) -> None:
    # On a GPU nobody waits to look: a position outside wraps around.
    if not on_host(index):
        return
    outside = (index >= length) | (index < -length)
    if outside.any():
        worst = int(index[outside].reshape(-1)[0])
        raise IndexError(f"index {worst} is out of bounds for dimension {place} with size {length}")


@op(shape=_index_shape, types="keep", rows=True, complex="holomorphic")
def index(input: Array, indices: tuple[Array, ...], dims: Shape | None = None) -> Any:
    """The elements at broadcast integer positions of `dims`, the leading ones by default; a copy (x[rows, columns]).

    The positions' shape stands where the indexed dimensions were if these are adjacent, else in front.
    """
    spec = _index_shape(spec_of(input), tuple(spec_of(each) for each in indices), dims)
    if not spec.size:
        return xp(input).empty(spec.shape, input.dtype)
    found = input[_array_key(input, indices, dims)]
    return found.copy() if all(each.ndim == 0 for each in indices) else found


def _index_put_shape(
    input: Spec, indices: tuple[Spec, ...], values: Spec, accumulate: bool = False, dims: Shape | None = None
) -> Spec:
    shown = _index_shape(input, indices, dims)
    if values.dtype is not input.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, "
            f"got {input.dtype} for the destination and {values.dtype} for the source."
        )
    fits = len(values.shape) <= len(shown.shape) and all(
        have in (1, want) for have, want in zip(reversed(values.shape), reversed(shown.shape), strict=False)
    )
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast "
            f"to indexing result of shape {list(shown.shape)}"
        )
    return input


@op(shape=_index_put_shape, types="keep", complex="holomorphic")
def index_put(
    input: Array, indices: tuple[Array, ...], values: Array, accumulate: bool = False, dims: Shape | None = None
) -> Any:
    """The input with values put, or added, at positions of `dims`, the leading ones by default (torch.index_put)."""
    result = xp(input).array(input)
    _put(result, indices, values, accumulate, dims)
    return result


@index_put.in_place
def _put(input: Any, indices: Any, values: Any, accumulate: bool, dims: Shape | None) -> None:
    specs = tuple(map(spec_of, indices))
    _index_put_shape(spec_of(input), specs, spec_of(values), accumulate, dims)
    if not _index_shape(spec_of(input), specs, dims).size:
        return
    key = _array_key(input, indices, dims)
    # NumPy sees by itself that it would read what it has written.
    if not on_host(input) and xp(input).may_share_memory(input, values):
        values = values.copy()
    if accumulate:
        add_at(input, key, values)
    else:
        input[key] = values


@index_put.gradients
def _index_put_gradients(
    g: Any, indices: Any, shape_of_values: Shape, accumulate: bool, dims: Shape | None, needs: Any
) -> Any:
    kept = g if accumulate else index_put(g, indices, g.new_zeros(()), False, dims)
    return kept, (None,) * len(indices), index(g, indices, dims) if needs[2] else None


index.gradients(
    lambda g, shape_of_input, indices, dims: (
        index_put(g.new_zeros(shape_of_input), indices, g, True, dims),
        (None,) * len(indices),
    )
)
