"""Sorting and what follows from an order; NaN counts as larger than any number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import on_its_own
from engine.backend.dtype import bool_, int64
from engine.backend.namespace import xp
from engine.ops.dimensions import wrap_dim
from engine.ops.indices.picking import Kth, Median, Mode, NumberMedian, Selected, Sorted, Top, along, pick, place_back
from engine.ops.reductions.cumulative import accumulated
from engine.ops.reductions.extremes import check_not_empty, share_evenly, to_the_chosen
from engine.ops.reductions.reduction import reduced_shape
from engine.ops.refusals import refuse_bool


def _sorted_shape(input: Spec, dim: int, descending: bool, stable: bool) -> tuple[Spec, Spec]:
    wrap_dim(dim, input.ndim)
    return input, Spec(input.shape, int64)


def _order(array: Any, axis: int, descending: bool) -> Any:
    """Positions in sorted order, equal elements as they came; NaN last, or first when descending."""
    if not descending:
        return array.argsort(axis=axis, kind="stable")
    namespace = xp(array)
    backwards = namespace.flip(array, axis).argsort(axis=axis, kind="stable")
    return array.shape[axis] - 1 - namespace.flip(backwards, axis)


@op(shape=_sorted_shape, types="keep", nondifferentiable=("indices",))
def sort(input: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Sorted:
    """The elements in order along `dim` and where they were; always stable, so that it repeats itself (torch.sort)."""
    array, axis = along(input, dim)
    indices = _order(array, axis, descending).astype("int64", copy=False)
    return Sorted(pick(array, indices, axis).reshape(input.shape), indices.reshape(input.shape))


sort.gradient(input=lambda g_values, indices, shape_of_input, dim: place_back(g_values, indices, shape_of_input, dim))


def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """Where the elements in order along `dim` are (torch.argsort)."""
    return sort(input.detach(), dim, descending, stable).indices


def msort(input: Any) -> Any:
    """The elements in order along the first dimension (torch.msort)."""
    return sort(input, 0).values


def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Top:
    """The k largest or smallest elements along `dim`, in order whatever `sorted` says (torch.topk)."""
    if input.dtype is bool_:
        raise RuntimeError("topk does not support bool dtypes; convert its input with .to(dtype) first")
    length = input.shape[wrap_dim(dim, input.ndim)] if input.ndim else 1
    if not 0 <= k <= length:
        raise RuntimeError(f"selected index k out of range: k is {k}, dimension {dim} has {length} elements")
    values, indices = sort(input, dim, largest)
    if not input.ndim:
        return Top(values, indices)
    return Top(on_its_own(values.narrow(dim, 0, k)), on_its_own(indices.narrow(dim, 0, k)))


def _kth_shape(input: Spec, k: int, dim: int, keepdim: bool) -> tuple[Spec, Spec]:
    shape = reduced_shape(input.shape, dim, keepdim)
    check_not_empty("kthvalue", input.shape, dim)
    length = input.shape[dim] if input.ndim else 1
    if not 1 <= k <= length:
        raise RuntimeError(
            f"kthvalue(): selected number k out of range for dimension {dim}: k is {k}, of 1 to {length}"
        )
    return Spec(shape, input.dtype), Spec(shape, int64)


@op(shape=_kth_shape, types="keep", nondifferentiable=("indices",))
def kthvalue(input: Array, k: int, dim: int = -1, keepdim: bool = False) -> Kth:
    """The k-th smallest elements along `dim`, k from 1, and where they are (torch.kthvalue)."""
    shape = _kth_shape(Spec(input.shape, input.dtype), k, dim, keepdim)[0].shape
    return Kth(*_at_place(input, dim, shape, lambda array, axis: k - 1))


def _at_place(input: Any, dim: int, shape: tuple[int, ...], place: Callable[[Any, int], Any]) -> Selected:
    """The elements at a place of the order along `dim`; the place is a number or an array of them."""
    array, axis = along(input, dim)
    places = xp(input).zeros(reduced_shape(array.shape, axis, True), "int64") + place(array, axis)
    indices = pick(_order(array, axis, False), places, axis).astype("int64", copy=False)
    return Selected(pick(array, indices, axis).reshape(shape), indices.reshape(shape))


def _middle(array: Any, axis: int) -> Any:
    """The place of the lower median: the first NaN if there is one."""
    last = array.shape[axis] - 1
    if array.dtype.kind != "f":
        return last // 2
    missing = xp(array).isnan(array).sum(axis=axis, keepdims=True)
    return xp(array).where(missing > 0, last + 1 - missing, last // 2)


def _chosen_shape(name: str) -> Callable[..., tuple[Spec, Spec]]:
    def shape(input: Spec, dim: int, keepdim: bool) -> tuple[Spec, Spec]:
        reduced = reduced_shape(input.shape, dim, keepdim)
        check_not_empty(name, input.shape, dim)
        return Spec(reduced, input.dtype), Spec(reduced, int64)

    return shape


_median_shape, _mode_shape = _chosen_shape("median"), _chosen_shape("mode")


@op(shape=_median_shape, types="keep", nondifferentiable=("indices",))
def median_dim(input: Array, dim: int, keepdim: bool = False) -> Median:
    """The lower medians along one dimension and where they are; NaN if there is one (torch.median with dim)."""
    shape = _median_shape(Spec(input.shape, input.dtype), dim, keepdim)[0].shape
    return Median(*_at_place(input, dim, shape, _middle))


def _middle_number(array: Any, axis: int) -> Any:
    """The place of the lower median of what is not NaN: a NaN if there is nothing else."""
    numbers = (array == array).sum(axis=axis, keepdims=True)
    return (numbers - 1).clip(0, None) // 2


@op(shape=_median_shape, types="keep", nondifferentiable=("indices",))
def nanmedian_dim(input: Array, dim: int, keepdim: bool = False) -> NumberMedian:
    """The lower medians of what is not NaN along one dimension, and where they are (torch.nanmedian with dim)."""
    shape = _median_shape(Spec(input.shape, input.dtype), dim, keepdim)[0].shape
    return NumberMedian(*_at_place(input, dim, shape, _middle_number))


@op(shape=_mode_shape, types="keep", nondifferentiable=("indices",))
def mode(input: Array, dim: int = -1, keepdim: bool = False) -> Mode:
    """The most frequent elements along `dim`, and where the last of them is (torch.mode).

    Of equally frequent ones it is the smallest.
    """
    shape = _mode_shape(Spec(input.shape, input.dtype), dim, keepdim)[0].shape
    return Mode(*_at_place(input, dim, shape, _end_of_longest_run))


def _end_of_longest_run(array: Any, axis: int) -> Any:
    """The place in order where the first of the longest runs of equal elements ends."""
    space = xp(array)
    ordered = space.moveaxis(space.sort(array, axis=axis), axis, -1)
    length = ordered.shape[-1]
    # Each NaN is a run of its own, as in PyTorch, where it comes in order by chance; here it comes last.
    ends = space.concatenate(
        (ordered[..., 1:] != ordered[..., :-1], space.ones((*ordered.shape[:-1], 1), bool)), axis=-1
    )
    places = space.arange(length)
    begins = space.where(ends[..., :-1], places[1:], 0)
    begins = space.concatenate((space.zeros((*ordered.shape[:-1], 1), begins.dtype), begins), axis=-1)
    lengths = space.where(ends, places - accumulated(space.maximum, begins, -1), -1)
    return space.moveaxis(lengths.argmax(axis=-1)[..., None], -1, axis)


for selecting in (kthvalue, median_dim, nanmedian_dim):
    selecting.gradient(input=to_the_chosen)
    selecting.refuse(refuse_bool)
mode.gradient(input=to_the_chosen)


def _whole_median_shape(input: Spec) -> Spec:
    if input.size == 0 and not input.dtype.is_floating_point:
        raise RuntimeError(f"median(): an empty tensor of {input.dtype} has no median")
    return Spec((), input.dtype)


@op(shape=_whole_median_shape, types="keep")
def median_all(input: Array) -> Any:
    """The lower median of all elements; equal ones share the gradient evenly; NaN of nothing (torch.median)."""
    flat = input.reshape(-1)
    if not flat.size:
        return xp(input).full((), float("nan"), input.dtype)
    return _at_place(flat, 0, (), _middle).values


median_all.gradient(input=lambda g, input, y: share_evenly(g, input, y, None))
median_all.refuse(refuse_bool)


@op(shape=_whole_median_shape, types="keep")
def nanmedian_all(input: Array) -> Any:
    """The lower median of all elements but NaN; equal ones share the gradient evenly (torch.nanmedian)."""
    flat = input.reshape(-1)
    if not flat.size:
        return xp(input).full((), float("nan"), input.dtype)
    return _at_place(flat, 0, (), _middle_number).values


def _share_among_equals(g: Any, input: Any, y: Any) -> Any:
    """The gradient of a chosen value goes to all that equal it; a NaN is chosen only where there is nothing else."""
    chosen = (input == y) | (y != y)
    return g / chosen.sum() * chosen


nanmedian_all.gradient(input=_share_among_equals)
nanmedian_all.refuse(refuse_bool)


def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median of what is not NaN; along `dim` values and indices (torch.nanmedian)."""
    return nanmedian_all(input) if dim is None else nanmedian_dim(input, dim, keepdim)


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median of all elements; along `dim` values and indices (torch.median)."""
    return median_all(input) if dim is None else median_dim(input, dim, keepdim)
