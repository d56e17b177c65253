"""Scattering by reduction: sums, products, means and extremes of all that lands on one element."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.output import with_out
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import as_dtype
from engine.backend.namespace import on_host, xp
from engine.backend.scatter import add_at
from engine.ops.dimensions import wrap_dim
from engine.ops.elementwise.selection import where
from engine.ops.indices import scattering
from engine.ops.indices.gathering import check_index
from engine.ops.indices.indexing import basic_index, spec_of
from engine.ops.indices.scattering import gather, scatter_add, scatter_shape, scattered
from engine.ops.layouts.layout import expand, reshape
from engine.ops.layouts.memory_layout import refuse_overlap

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


@with_out
def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """The input with src[i][j] reduced into result[index[i][j]][j] for dim 0 (torch.scatter_reduce).

    `reduce` is sum, prod, mean, amax or amin; without `include_self` the input counts only where nothing lands.
    """
    return reduce_into(input, dim, index, landing(input, dim, index, src), reduce, include_self)


@with_out
def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """The input with src[i][j], or one value, put at result[index[i][j]][j] for dim 0 (torch.scatter).

    With `reduce` "add" or "multiply" what lands is combined with what is there.
    """
    given = src if value is None else value
    if reduce is None:
        return scattering.scatter(input, dim, index, given)
    return reduce_into(input, dim, index, landed_values(input, dim, index, given), combination(reduce), True)


def combination(reduce: str) -> str:
    """The reduction that `scatter` calls add or multiply."""
    if reduce not in ("add", "multiply"):
        raise RuntimeError(f"reduce argument must be either add or multiply, got {reduce}.")
    return "sum" if reduce == "add" else "prod"


def landed_values(input: Any, dim: int, index: Any, given: Any) -> Any:
    """What lands at each position of the index, where the source may be one number."""
    if isinstance(given, TensorBase):
        return landing(input, dim, index, given)
    return input.new_full(index.shape, given)


def landing(input: Any, dim: int, index: Any, src: Any) -> Any:
    """The leading corner of the source, which the index scatters."""
    scatter_shape(input.as_spec, dim, index.as_spec, src.as_spec)
    if src.shape == index.shape or not index.numel():
        return src
    return basic_index(src, tuple((0, length, 1) for length in index.shape))


@with_out
def index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """The input with slices of `source` reduced into positions of a dimension (torch.index_reduce).

    `reduce` is prod, mean, amax or amin; without `include_self` the input counts only where nothing lands.
    """
    return reduce_into(input, dim, landing_index(input, dim, index, source, reduce), source, reduce, include_self)


def landing_index(input: Any, dim: int, index: Any, source: Any, reduce: str) -> Any:
    """The positions of whole slices as positions of each element, checked as PyTorch checks them."""
    if reduce not in REDUCTIONS[1:]:
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    place = wrap_dim(dim, input.ndim)
    check_index("index_reduce", index.as_spec)
    if index.ndim > 1:
        raise IndexError(f"index_reduce(): Index is supposed to be a vector, got shape {list(index.shape)}")
    check_source("index_reduce", input.as_spec, place, index.as_spec, source.as_spec)
    if not source.ndim:
        return reshape(index, ())
    along = (1,) * place + (-1,) + (1,) * (source.ndim - place - 1)
    return expand(reshape(index, along), source.shape)


def check_source(name: str, input: Spec, place: int, index: Spec, source: Spec) -> None:
    """Raise RuntimeError for a source that differs from the input elsewhere than in the length indexed."""
    if source.dtype is not input.dtype:
        raise RuntimeError(f"{name}(): self ({input.dtype}) and source ({source.dtype}) must have the same scalar type")
    length = source.shape[place] if source.ndim else 1
    rest = [(*each[:place], *each[place + 1 :]) for each in (input.shape, source.shape)]
    if source.ndim != input.ndim or rest[0] != rest[1]:
        raise RuntimeError(
            f"source tensor shape must match self tensor shape, excluding the specified dimension. "
            f"Got self.shape = {list(input.shape)} source.shape = {list(source.shape)}"
        )
    if length != index.size:
        raise IndexError(
            f"{name}(): Number of indices ({index.size}) should be equal to source.size(dim): ({length}), "
            f"for dim: {place}"
        )


def _reduced_shape(input: Spec, dim: int, index: Spec, src: Spec, reduce: str, include_self: bool) -> Spec:
    if reduce not in REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    return scatter_shape(input, dim, index, src)


@op(shape=_reduced_shape, types="keep")
def reduce_into(input: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool) -> Any:
    """The input with each element of `src` reduced into the one at its position in `index`, of the same shape."""
    _reduced_shape(spec_of(input), dim, spec_of(index), spec_of(src), reduce, include_self)
    result = xp(input).array(input)
    _reduce_into(result, dim, index, src, reduce, include_self)
    return result


@reduce_into.in_place
def _reduce_into(input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool) -> None:
    if not index.size:
        return
    refuse_overlap(input, index, src)
    values, places, written = scattered(input, dim, index, src)
    if not include_self:
        values[places] = _neutral(input.dtype, reduce)
    _reduce_at(values, places, written, reduce)
    if reduce == "mean":
        _divide_by_counts(values, places, written.shape, include_self)


def _neutral(kind: Any, reduce: str) -> Any:
    """What a reduction begins with where the input doesn't count."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    lowest = reduce == "amax"
    if as_dtype(kind).is_floating_point:
        return float("-inf") if lowest else float("inf")
    if kind == "bool":
        return not lowest
    bits = 8 * kind.itemsize
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind.kind == "i" else (0, 2**bits - 1)
    return low if lowest else high


def _reduce_at(values: Any, places: tuple[Any, ...], written: Any, reduce: str) -> None:
    if reduce in ("sum", "mean"):
        add_at(values, places, written)
        return
    space = xp(values)
    combine = {"prod": space.multiply, "amax": space.maximum, "amin": space.minimum}[reduce]
    if on_host(values):
        combine.at(values, places, written)
        return
    values[...] = _combined_on_device(space, combine, values, places, written)


def _combined_on_device(space: Any, combine: Any, values: Any, places: tuple[Any, ...], written: Any) -> Any:
    """What a GPU, which can't reduce into places by one instruction, gets by sorting and doubling steps."""
    line = values.reshape(-1).copy()
    numbers = space.arange(line.size).reshape(values.shape)[places].reshape(-1)
    order = space.argsort(numbers, kind="stable")
    numbers, totals = numbers[order], written.reshape(-1)[order]
    position, step = space.arange(numbers.size), 1
    while step < numbers.size:
        earlier = space.maximum(position - step, 0)
        joined = (position >= step) & (numbers[earlier] == numbers)
        totals = space.where(joined, combine(totals, totals[earlier]), totals)
        step *= 2
    last = space.searchsorted(numbers, numbers, side="right") - 1
    line[numbers] = combine(line[numbers], totals[last])
    return line.reshape(values.shape)


def _divide_by_counts(values: Any, places: tuple[Any, ...], landed: tuple[int, ...], include_self: bool) -> None:
    space = xp(values)
    counts = space.full(values.shape, 1 if include_self else 0, "int64")
    add_at(counts, places, space.ones(landed, "int64"))
    counts = space.maximum(counts, 1)
    if as_dtype(values.dtype).is_floating_point:
        values /= counts.astype(values.dtype)
    else:
        values[...] = (values // counts).astype(values.dtype)


@reduce_into.gradients
def _reduced_gradients(
    g: Any, y: Any, input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool
) -> tuple[Any, None, Any]:
    if not index.numel():
        return g, None, g.new_zeros(src.shape)
    of_input, of_source = _GRADIENTS[reduce](g, y, input, dim, index, src, include_self)
    return of_input if include_self else scattering.scatter(of_input, dim, index, 0), None, of_source


def _of_sum(g: Any, y: Any, input: Any, dim: int, index: Any, src: Any, include_self: bool) -> tuple[Any, Any]:
    return g, gather(g, dim, index)


def _of_mean(g: Any, y: Any, input: Any, dim: int, index: Any, src: Any, include_self: bool) -> tuple[Any, Any]:
    counts = scatter_add(g.new_full(input.shape, 1 if include_self else 0), dim, index, g.new_ones(src.shape))
    share = g / counts.clamp(min=1)
    return share, gather(share, dim, index)


def _of_prod(g: Any, y: Any, input: Any, dim: int, index: Any, src: Any, include_self: bool) -> tuple[Any, Any]:
    """Everyone's gradient is the product of the others: the result divided by oneself, made anew for a lone zero."""
    nonzero_input, nonzero_source = where(input == 0, 1.0, input), where(src == 0, 1.0, src)
    others = reduce_into(nonzero_input, dim, index, src, "prod", include_self) / nonzero_input
    zeros = (src == 0).to(g.dtype)
    alone = (src == 0) & (gather(scatter_add(g.new_zeros(input.shape), dim, index, zeros), dim, index) == 1)
    rest = reduce_into(input, dim, index, where(alone, 1.0, src), "prod", include_self)
    return g * others, where(alone, gather(g * rest, dim, index), gather(g * y, dim, index) / nonzero_source)


def _of_extreme(g: Any, y: Any, input: Any, dim: int, index: Any, src: Any, include_self: bool) -> tuple[Any, Any]:
    """Equal extremes share the gradient."""
    own, landed = (input == y).to(g.dtype), (src == gather(y, dim, index)).to(g.dtype)
    share = g / scatter_add(own, dim, index, landed)
    return own * share, landed * gather(share, dim, index)


_GRADIENTS = {"sum": _of_sum, "mean": _of_mean, "prod": _of_prod, "amax": _of_extreme, "amin": _of_extreme}
