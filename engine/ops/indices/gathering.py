"""Gathering: whole slices taken from, put to and added at positions along one dimension."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec
from engine.backend.dtype import INTEGER
from engine.backend.namespace import on_host, xp
from engine.backend.scatter import add_at
from engine.ops.dimensions import wrap_dim
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.memory_layout import refuse_overlap

Shape = tuple[int, ...]


def check_index(name: str, index: Spec) -> None:
    """Raise RuntimeError for positions that are not whole numbers."""
    if index.dtype.category != INTEGER:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index, got {index.dtype}")


def check_bounds(index: Any, place: int, length: int, refusal: type[Exception] = IndexError) -> None:
    """Raise for a position outside of a dimension; on a GPU nobody waits to look, and it wraps around."""
    if not on_host(index):
        return
    outside = (index >= length) | (index < 0)
    if outside.any():
        worst = int(index[outside].reshape(-1)[0])
        raise refusal(f"index {worst} is out of bounds for dimension {place} with size {length}")


def _vector_index(name: str, input: Spec, dim: int, index: Spec) -> int:
    place = wrap_dim(dim, input.ndim)
    check_index(name, index)
    if index.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector, got shape {list(index.shape)}")
    if not input.ndim and index.size != 1 and name != "index_fill":
        raise RuntimeError(f"{name}(): Index to scalar can have only 1 value, got {index.size} value(s)")
    return place


def _index_select_shape(input: Spec, dim: int, index: Spec) -> Spec:
    place = _vector_index("index_select", input, dim, index)
    if not input.ndim:
        return input
    return Spec((*input.shape[:place], index.size, *input.shape[place + 1 :]), input.dtype)


@op(shape=_index_select_shape, types="keep", complex="holomorphic")
def index_select(input: Array, dim: int, index: Array) -> Any:
    """The slices at the positions `index` of a dimension (torch.index_select)."""
    _index_select_shape(spec_of(input), dim, spec_of(index))
    if not input.ndim:
        check_bounds(index, 0, 1)
        return input.copy()
    place = wrap_dim(dim, input.ndim)
    check_bounds(index, place, input.shape[place])
    return input.take(index.reshape(-1), axis=place)


def _index_source_shape(name: str, input: Spec, dim: int, index: Spec, source: Spec) -> Spec:
    place = _vector_index(name, input, dim, index)
    if source.dtype is not input.dtype:
        raise RuntimeError(f"{name}(): self ({input.dtype}) and source ({source.dtype}) must have the same scalar type")
    shown = _index_select_shape(input, place, index).shape
    if source.shape != shown and not source.size == 1 == Spec(shown, input.dtype).size:
        raise RuntimeError(
            f"{name}(): source of shape {list(source.shape)} must have the shape {list(shown)} of the positions indexed"
        )
    return input


@op(
    shape=lambda input, dim, index, source, alpha=1: _index_source_shape("index_add", input, dim, index, source),
    types="keep",
    complex="holomorphic",
)
def index_add(input: Array, dim: int, index: Array, source: Array, alpha: float = 1) -> Any:
    """The input with alpha * source added at the positions `index` of a dimension, in order (torch.index_add)."""
    _index_source_shape("index_add", spec_of(input), dim, spec_of(index), spec_of(source))
    result = xp(input).array(input)
    _index_add(result, dim, index, source, alpha)
    return result


@index_add.in_place
def _index_add(input: Any, dim: int, index: Any, source: Any, alpha: float) -> None:
    refuse_overlap(input, index, source)
    place = wrap_dim(dim, input.ndim)
    added = source if alpha == 1 else (source * alpha).astype(input.dtype)
    if not input.ndim:
        input[...] += added.reshape(())
        return
    check_bounds(index, place, input.shape[place])
    add_at(input, (slice(None),) * place + (index.reshape(-1),), added)


index_add.gradient(
    input=lambda g: g,
    index=None,
    source=lambda g, dim, index, alpha, shape_of_source: (index_select(g, dim, index) * alpha).reshape(shape_of_source),
)


index_select.gradient(
    input=lambda g, shape_of_input, dim, index: index_add(g.new_zeros(shape_of_input), dim, index, g), index=None
)


@op(
    shape=lambda input, dim, index, source: _index_source_shape("index_copy", input, dim, index, source),
    types="keep",
    complex="holomorphic",
)
def index_copy(input: Array, dim: int, index: Array, source: Array) -> Any:
    """The input with the slices of `source` at the positions `index` of a dimension (torch.index_copy)."""
    _index_source_shape("index_copy", spec_of(input), dim, spec_of(index), spec_of(source))
    result = xp(input).array(input)
    _index_copy(result, dim, index, source)
    return result


@index_copy.in_place
def _index_copy(input: Any, dim: int, index: Any, source: Any) -> None:
    refuse_overlap(input, index, source)
    if not input.ndim:
        input[...] = source.reshape(())
        return
    place = wrap_dim(dim, input.ndim)
    check_bounds(index, place, input.shape[place])
    input[(slice(None),) * place + (index.reshape(-1),)] = source


def _index_fill_shape(input: Spec, dim: int, index: Spec, value: Spec | float) -> Spec:
    _vector_index("index_fill", input, dim, index)
    if isinstance(value, Spec) and value.shape:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    return input


@op(shape=_index_fill_shape, types="keep", complex="holomorphic")
def index_fill(input: Array, dim: int, index: Array, value: Array | Number) -> Any:
    """The input with one value at the positions `index` of a dimension (torch.index_fill)."""
    _index_fill_shape(spec_of(input), dim, spec_of(index), spec_of(value))
    result = xp(input).array(input)
    _index_fill(result, dim, index, value)
    return result


@index_fill.in_place
def _index_fill(input: Any, dim: int, index: Any, value: Any) -> None:
    if not input.ndim:
        input[...] = value
        return
    place = wrap_dim(dim, input.ndim)
    length = input.shape[place]
    check_bounds(xp(input).where(index < 0, index + length, index), place, length)
    input[(slice(None),) * place + (index.reshape(-1),)] = value


index_fill.gradient(
    input=lambda g, dim, index: index_fill(g, dim, index, 0),
    index=None,
    value=lambda g, dim, index: (g - index_fill(g, dim, index, 0)).sum(),
)


index_copy.gradient(
    input=lambda g, dim, index: index_fill(g, dim, index, 0),
    index=None,
    source=lambda g, dim, index, shape_of_source: index_select(g, dim, index).reshape(shape_of_source),
)
