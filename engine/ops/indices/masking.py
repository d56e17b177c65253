"""Masking: elements chosen, found or overwritten by truth."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from engine.autograd.modes import host_read
from engine.autograd.op import op
from engine.autograd.output import with_out
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast_shapes
from engine.autograd.tensor_base import on_its_own, wrap
from engine.backend.dtype import BOOL
from engine.backend.namespace import using, xp
from engine.kernels.cpu import selection as kernels
from engine.ops.elementwise import selection
from engine.ops.elementwise.selection import masked
from engine.ops.indices import indexing
from engine.ops.indices.indexing import index, narrow, spec_of
from engine.ops.layouts.joining import cat
from engine.ops.layouts.layout import expand, flatten, reshape


def check_data(name: str, input: Any) -> None:
    """Raise RuntimeError on the meta device, for an op whose shape depends on values; a recorder is told."""
    if input.array is None:
        raise RuntimeError(
            f"{name}() gives a shape that depends on the values of its input, which the meta device doesn't have"
        )
    host_read(f"{name}(), whose shape depends on values")


def at_home(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with CuPy working on the device of its first argument, as ops do by themselves."""

    @wraps(function)
    def placed(input: Any, *args: Any, **options: Any) -> Any:
        with using(input.device):
            return function(input, *args, **options)

    return placed


@at_home
def nonzero(input: Any, as_tuple: bool = False) -> Any:
    """The positions of what differs from zero: a row each, or one vector for each dimension (torch.nonzero)."""
    check_data("nonzero", input)
    array, family = input.array, input.result_class
    space = xp(array)
    if as_tuple:
        return tuple(wrap(family, each) for each in space.nonzero(space.atleast_1d(array) != 0))
    if not array.ndim:
        return wrap(family, space.empty((int(bool(array)), 0), "int64"))
    return wrap(family, space.stack(space.nonzero(array != 0), axis=1))


def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """The input where the condition holds, other elsewhere; by itself, the condition's positions (torch.where)."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if out is None:
        return selection.where(condition, input, other)
    return selection.where(condition, input, other, out=out)


def nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    """The first `size` rows of `nonzero`, filled up with rows of one value (torch.nonzero_static)."""
    if size < 0:
        raise RuntimeError(f"nonzero_static: 'size' must be a non-negative integer, got {size}")
    found = nonzero(input)
    missing = max(0, size - found.shape[0])
    return cat((narrow(found, 0, 0, size - missing), found.new_full((missing, input.ndim), fill_value)))


def argwhere(input: Any) -> Any:
    """The positions of what differs from zero, a row each (torch.argwhere)."""
    return nonzero(input)


@with_out
def masked_select(input: Any, mask: Any) -> Any:
    """The elements where the mask is true, in one dimension (torch.masked_select)."""
    _check_mask("masked_select", mask.as_spec)
    check_data("masked_select", mask)
    shape = broadcast_shapes(input.shape, mask.shape)
    if not shape:
        input, mask, shape = input.reshape((1,)), mask.reshape((1,)), (1,)
    return index(expand(input, shape), nonzero(expand(mask, shape), as_tuple=True))


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """The elements of `source` in order where the mask is true, the input elsewhere (torch.masked_scatter)."""
    _check_mask("masked_scatter", mask.as_spec)
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got {input.dtype} and {source.dtype}"
        )
    check_data("masked_scatter", mask)
    shape = broadcast_shapes(input.shape, mask.shape)
    whole = flatten(expand(input, shape))
    (positions,) = nonzero(flatten(expand(mask, shape)), as_tuple=True)
    if positions.numel() > source.numel():
        raise RuntimeError(
            f"masked_scatter: Number of elements of source < number of ones in mask ({source.numel()} < "
            f"{positions.numel()})"
        )
    written = indexing.index_put(whole, (positions,), narrow(flatten(source), 0, 0, positions.numel()))
    return on_its_own(reshape(written, shape))


def check_spread(input: Any, mask: Any) -> None:
    """Raise RuntimeError for a mask that an in-place write would have to broadcast the input to."""
    if broadcast_shapes(input.shape, mask.shape) != input.shape:
        raise RuntimeError(
            f"output with shape {list(input.shape)} doesn't match the broadcast shape "
            f"{list(broadcast_shapes(input.shape, mask.shape))} of the mask"
        )


def _check_mask(name: str, mask: Spec) -> None:
    if mask.dtype.category != BOOL:
        raise RuntimeError(f"{name}: expected BoolTensor for mask, got {mask.dtype}")


def _masked_fill_shape(input: Spec, mask: Spec, value: Spec | float) -> Spec:
    _check_mask("masked_fill", mask)
    if isinstance(value, Spec) and value.ndim:
        raise RuntimeError(
            f"masked_fill only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    return Spec(broadcast_shapes(input.shape, mask.shape), input.dtype)


@op(shape=_masked_fill_shape, types="keep", rows=True, complex="holomorphic")
def masked_fill(input: Array, mask: Array, value: Array | Number) -> Any:
    """One value where the mask is true, the input elsewhere (torch.masked_fill)."""
    space = xp(input)
    shape = _masked_fill_shape(spec_of(input), spec_of(mask), spec_of(value)).shape
    result = space.array(input) if shape == input.shape else space.array(space.broadcast_to(input, shape), order="C")
    _masked_fill(result, mask, value)
    return result


@masked_fill.in_place
def _masked_fill(input: Any, mask: Any, value: Any) -> None:
    xp(input).copyto(input, value, where=mask, casting="unsafe")


masked_fill.gradient(
    input=lambda g, mask: masked_fill(g, mask, 0),
    mask=None,
    value=lambda g, mask: masked(g, mask).sum(),
)
masked_fill.fast(cpu=kernels.masked_fill)


def mask_positions(mask: Any) -> tuple[Any, ...]:
    """The positions of a mask's true elements, one vector for each dimension of it."""
    return nonzero(mask, as_tuple=True)


def as_positions(indices: Any) -> tuple[Any, ...]:
    """Index tensors with each mask as the positions of its true elements."""
    found: list[Any] = []
    for each in indices:
        found.extend(mask_positions(each) if each.dtype.category == BOOL else (each,))
    return tuple(found)


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """The input with values put, or added, at positions or where masks are true (torch.index_put)."""
    return indexing.index_put(input, as_positions(indices), values, accumulate)


def masked_rows(input: Any, mask: Any) -> Any:
    """What a mask over the leading dimensions leaves of the input (x[mask])."""
    check_data("x[mask]", mask)
    return index(input, mask_positions(mask))
