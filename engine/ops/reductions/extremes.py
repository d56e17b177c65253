"""Largest and smallest elements, and where they are; NaN counts as both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.output import with_out
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import as_dtype, bool_, int64
from engine.ops.elementwise.selection import maximum, minimum
from engine.ops.indices.picking import Largest, Smallest, along, pick, place_back
from engine.ops.reductions.reduction import Dims, reduced_dims, reduced_shape, restored
from engine.ops.return_types import shown_as


def check_not_empty(name: str, shape: tuple[int, ...], dim: Dims) -> None:
    """Raise as PyTorch does where nothing is left to choose from."""
    if 0 not in shape:
        return
    if dim is None or dim == ():
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument."
        )
    for each in reduced_dims(dim, len(shape)):
        if shape[each] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {each} to have non-zero size.")


def _extreme_shape(name: str) -> Callable[..., Spec]:
    def shape(input: Spec, dim: Dims, keepdim: bool) -> Spec:
        check_not_empty(name, input.shape, dim)
        return Spec(reduced_shape(input.shape, dim, keepdim), input.dtype)

    return shape


@op(shape=_extreme_shape("amax"), types="keep", rows=True)
def amax(input: Array, dim: Dims = (), keepdim: bool = False) -> Any:
    """The largest elements over `dim`; equal ones share the gradient evenly (torch.amax)."""
    check_not_empty("amax", input.shape, dim)
    return input.max(axis=reduced_dims(dim, input.ndim), keepdims=keepdim)


@op(shape=_extreme_shape("amin"), types="keep", rows=True)
def amin(input: Array, dim: Dims = (), keepdim: bool = False) -> Any:
    """The smallest elements over `dim`; equal ones share the gradient evenly (torch.amin)."""
    check_not_empty("amin", input.shape, dim)
    return input.min(axis=reduced_dims(dim, input.ndim), keepdims=keepdim)


def share_evenly(g: Any, input: Any, y: Any, dim: Dims) -> Any:
    """The gradient of choosing a value: all elements that equal it share it; a NaN was chosen wherever there is one."""
    chosen = (input == restored(y, input.shape, dim)) | (input != input)
    return restored(g, input.shape, dim) / chosen.sum(dim, True) * chosen


amax.gradient(input=share_evenly)
amin.gradient(input=share_evenly)


def _selected_shape(name: str) -> Callable[..., tuple[Spec, Spec]]:
    def shape(input: Spec, dim: int, keepdim: bool) -> tuple[Spec, Spec]:
        check_not_empty(name, input.shape, dim)
        reduced = reduced_shape(input.shape, dim, keepdim)
        return Spec(reduced, input.dtype), Spec(reduced, int64)

    return shape


def _select(name: str, input: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
    check_not_empty(name.removeprefix("arg"), input.shape, dim)
    array, axis = along(input, dim)
    indices = getattr(array, name)(axis=axis, keepdims=True).astype("int64", copy=False)
    shape = reduced_shape(input.shape, dim, keepdim)
    return pick(array, indices, axis).reshape(shape), indices.reshape(shape)


@op(shape=_selected_shape("max"), types="keep", nondifferentiable=("indices",))
def max_dim(input: Array, dim: int, keepdim: bool = False) -> Largest:
    """The largest elements along one dimension and where the first of them is (torch.max with dim)."""
    return Largest(*_select("argmax", input, dim, keepdim))


@op(shape=_selected_shape("min"), types="keep", nondifferentiable=("indices",))
def min_dim(input: Array, dim: int, keepdim: bool = False) -> Smallest:
    """The smallest elements along one dimension and where the first of them is (torch.min with dim)."""
    return Smallest(*_select("argmin", input, dim, keepdim))


def to_the_chosen(g_values: Any, indices: Any, shape_of_input: tuple[int, ...], dim: int) -> Any:
    """The gradient of choosing one element along a dimension: all of it goes there."""
    g, positions = restored(g_values, shape_of_input, dim), restored(indices, shape_of_input, dim)
    return place_back(g, positions, shape_of_input, dim)


max_dim.gradient(input=to_the_chosen)
min_dim.gradient(input=to_the_chosen)


def max(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; along `dim` values and indices; of two tensors the larger of each pair (torch.max)."""
    if isinstance(dim, TensorBase):
        return maximum(input, dim)
    if dim is not None:
        return max_dim(input, dim, keepdim)
    check_not_empty("max", input.shape, None)
    return amax(input)


def min(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; along `dim` values and indices; of two tensors the smaller of each pair (torch.min)."""
    if isinstance(dim, TensorBase):
        return minimum(input, dim)
    if dim is not None:
        return min_dim(input, dim, keepdim)
    check_not_empty("min", input.shape, None)
    return amin(input)


@shown_as("aminmax")
class MinMax(NamedTuple):
    """Both ends of what was compared."""

    min: Any
    max: Any


@with_out
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> MinMax:
    """The smallest and the largest elements (torch.aminmax)."""
    over = () if dim is None else dim
    return MinMax(amin(input, over, keepdim), amax(input, over, keepdim))


def _position_shape(name: str) -> Callable[..., Spec]:
    def shape(input: Spec, dim: int | None, keepdim: bool) -> Spec:
        if input.dtype is bool_:
            raise RuntimeError(f"{name}(): does not support bool input; convert it to a number first")
        if dim is None and input.size == 0:
            raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
        check_not_empty(name, input.shape, dim)
        return Spec(reduced_shape(input.shape, dim, keepdim), int64)

    return shape


def _position(name: str, input: Any, dim: int | None, keepdim: bool) -> Any:
    result = _position_shape(name)(Spec(input.shape, as_dtype(input.dtype)), dim, keepdim)
    array, axis = (input.reshape(-1), 0) if dim is None else along(input, dim)
    return getattr(array, name)(axis=axis).astype("int64", copy=False).reshape(result.shape)


@op(shape=_position_shape("argmax"), types="keep", differentiable=False)
def argmax(input: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    """Where the first of the largest elements is, in the flattened input by default (torch.argmax)."""
    return _position("argmax", input, dim, keepdim)


@op(shape=_position_shape("argmin"), types="keep", differentiable=False)
def argmin(input: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    """Where the first of the smallest elements is, in the flattened input by default (torch.argmin)."""
    return _position("argmin", input, dim, keepdim)
