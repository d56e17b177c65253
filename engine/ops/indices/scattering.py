"""Scattering: single elements taken from, put to and added at positions along one dimension."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.output import with_out
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast_shapes
from engine.autograd.tensor_base import on_its_own
from engine.backend.dtype import int64
from engine.backend.namespace import on_host, xp
from engine.backend.scatter import add_at
from engine.ops.dimensions import wrap_dim
from engine.ops.indices.gathering import check_bounds, check_index, index_select
from engine.ops.indices.indexing import basic_index_backward, index_put, spec_of
from engine.ops.layouts.layout import expand, flatten, reshape
from engine.ops.layouts.memory_layout import refuse_overlap

Shape = tuple[int, ...]


def _check_sizes(name: str, input: Spec, dim: int, index: Spec) -> int:
    place = wrap_dim(dim, input.ndim)
    check_index(name, index)
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as input tensor: {name}() got index of shape "
            f"{list(index.shape)} for input of shape {list(input.shape)}"
        )
    for each, (have, limit) in enumerate(zip(index.shape, input.shape, strict=False)):
        if each != place and have > limit:
            raise RuntimeError(
                f"Size does not match at dimension {each} expected index {list(index.shape)} to be no larger than self "
                f"{list(input.shape)} apart from dimension {place}"
            )
    return place


def _gather_shape(input: Spec, dim: int, index: Spec) -> Spec:
    if index.size:
        _check_sizes("gather", input, dim, index)
    return Spec(index.shape, input.dtype)


def _grid(space: Any, shape: Shape, place: int, index: Any) -> tuple[Any, ...]:
    """The index arrays that reach each element's position along `place` and its own place elsewhere."""
    key: list[Any] = []
    for each, length in enumerate(shape):
        lengths = [1] * len(shape)
        lengths[each] = length
        key.append(index if each == place else space.arange(length).reshape(lengths))
    return tuple(key)


def _line(array: Any) -> Any:
    return array.reshape(array.shape or (1,))


@op(shape=_gather_shape, types="keep", complex="holomorphic")
def gather(input: Array, dim: int, index: Array) -> Any:
    """result[i][j] = input[index[i][j]][j] for dim 0; elsewhere the index may be shorter (torch.gather)."""
    _gather_shape(spec_of(input), dim, spec_of(index))
    if not index.size:
        return xp(input).empty(index.shape, input.dtype)
    place, values, positions = wrap_dim(dim, input.ndim), _line(input), _line(index)
    check_bounds(positions, place, values.shape[place], RuntimeError)
    return values[_grid(xp(input), positions.shape, place, positions)].reshape(index.shape)


def scatter_shape(input: Spec, dim: int, index: Spec, src: Spec | float) -> Spec:
    """The input's, once index and source are found to fit it; raises RuntimeError or IndexError."""
    wrap_dim(dim, input.ndim)
    if not index.size:
        return input
    place = _check_sizes("scatter", input, dim, index)
    if not isinstance(src, Spec):
        return input
    if src.dtype is not input.dtype:
        raise RuntimeError(
            f"scatter(): Expected self.dtype to be equal to src.dtype, got {input.dtype} and {src.dtype}"
        )
    if max(src.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as src tensor: scatter() got index of shape "
            f"{list(index.shape)} and src of shape {list(src.shape)}"
        )
    if any(have > limit for have, limit in zip(index.shape, src.shape, strict=False)):
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from "
            f"dimension {place} "
            f"and to be no larger size than src {list(src.shape)}"
        )
    return input


def scattered(input: Any, dim: int, index: Any, src: Any) -> tuple[Any, tuple[Any, ...], Any]:
    """The input as a line or more, the places to write, and what to write there."""
    place, values, positions = wrap_dim(dim, input.ndim), input.reshape(input.shape or (1,)), _line(index)
    check_bounds(positions, place, values.shape[place], RuntimeError)
    written = _line(src)[tuple(map(slice, positions.shape))] if hasattr(src, "shape") else src
    return values, _grid(xp(input), positions.shape, place, positions), written


@op(shape=scatter_shape, types="keep", complex="holomorphic")
def scatter(input: Array, dim: int, index: Array, src: Array | Number) -> Any:
    """The input with result[index[i][j]][j] = src[i][j] for dim 0; a number is put everywhere (torch.scatter)."""
    scatter_shape(spec_of(input), dim, spec_of(index), spec_of(src))
    result = xp(input).array(input)
    _scatter(result, dim, index, src)
    return result


@scatter.in_place
def _scatter(input: Any, dim: int, index: Any, src: Any) -> None:
    if index.size:
        refuse_overlap(input, index, src)
        values, places, written = scattered(input, dim, index, src)
        values[places] = written


scatter.gradient(
    input=lambda g, dim, index: scatter(g, dim, index, 0.0),
    index=None,
    src=lambda g, dim, index, shape_of_src: _source_gradient(g, dim, index, shape_of_src),
)


@op(shape=scatter_shape, types="keep", complex="holomorphic")
def scatter_add(input: Array, dim: int, index: Array, src: Array) -> Any:
    """The input with src[i][j] added to result[index[i][j]][j] for dim 0, in order (torch.scatter_add)."""
    scatter_shape(spec_of(input), dim, spec_of(index), spec_of(src))
    result = xp(input).array(input)
    _scatter_add(result, dim, index, src)
    return result


@scatter_add.in_place
def _scatter_add(input: Any, dim: int, index: Any, src: Any) -> None:
    if index.size:
        refuse_overlap(input, index, src)
        values, places, written = scattered(input, dim, index, src)
        add_at(values, places, written)


scatter_add.gradient(
    input=lambda g: g,
    index=None,
    src=lambda g, dim, index, shape_of_src: _source_gradient(g, dim, index, shape_of_src),
)


gather.gradient(
    input=lambda g, shape_of_input, dim, index: scatter_add(g.new_zeros(shape_of_input), dim, index, g), index=None
)


def _source_gradient(g: Any, dim: int, index: Any, shape: Shape) -> Any:
    """What was written came from the leading corner of the source; the rest of it has no gradient."""
    read = gather(g, dim, index)
    if index.shape == shape:
        return read
    corner = tuple((0, length, 1) for length in index.shape)
    return read.new_zeros(shape) if not index.numel() else basic_index_backward(read, shape, corner)


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """`gather` with input and indices broadcast against each other; over the flattened input by default."""
    if dim is None:
        return take_along_dim(flatten(input), flatten(indices), 0)
    place = wrap_dim(dim, input.ndim)
    check_index("take_along_dim", indices.as_spec)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} "
            f"dimensions for input, and {indices.ndim} dimensions for indices"
        )
    length = input.shape[place] if input.ndim else 1
    indices = indices + (indices < 0) * length
    common = list(broadcast_shapes(_without(input.shape, place), _without(indices.shape, place)))
    shapes = []
    for each in (input, indices):
        shape = common.copy()
        shape.insert(place, each.shape[place])
        shapes.append(tuple(shape))
    return gather(expand(input, shapes[0]), place, expand(indices, shapes[1]))


def _without(shape: Shape, place: int) -> Shape:
    return (*shape[:place], *shape[place + 1 :])


@with_out
def take(input: Any, index: Any) -> Any:
    """The elements at positions counted in row-major order, in the shape of `index` (torch.take)."""
    positions = _counted_from_front("take", input, index)
    return on_its_own(reshape(index_select(flatten(input), 0, positions), index.shape))


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy with the elements of `source` put, or added, at positions counted in row-major order (torch.put)."""
    positions = _counted_from_front("put_", input, index)
    if source.dtype is not input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got "
            f"self.dtype = {input.dtype} and source.dtype = {source.dtype}"
        )
    if source.numel() != index.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.numel()}, index.numel() = {index.numel()}"
        )
    written = index_put(flatten(input), (positions,), flatten(source), accumulate)
    return on_its_own(reshape(written, input.shape))


def _counted_from_front(name: str, input: Any, index: Any) -> Any:
    if index.dtype is not int64:
        raise RuntimeError(f"{name}(): Expected a long tensor for index, but got {index.dtype}")
    if index.array is not None and index.numel() and on_host(index.array):
        worst, length = max(index.array.min(), index.array.max(), key=_reach), input.numel()
        if not -length <= worst < length:
            raise IndexError(f"out of range: tried to access index {worst} on a tensor of {length} elements.")
    positions = flatten(index)
    return positions + (positions < 0) * input.numel()


def _reach(position: Any) -> int:
    return int(position) + 1 if position >= 0 else -int(position)
