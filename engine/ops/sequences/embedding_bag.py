"""Embedding bags: the rows that each bag of numbers names, added up, averaged or at their largest."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype, int64
from engine.backend.namespace import on_host, xp
from engine.backend.scatter import counted
from engine.ops.elementwise.selection import masked
from engine.ops.indices.indexing import narrow
from engine.ops.indices.scattering import gather
from engine.ops.precision import widened
from engine.ops.sequences.embedding import NO_PADDING, add_rows, embedding, refuse_numbers

MODES = ("sum", "mean", "max")


def _bags_shape(indices: Spec, offsets: Spec, bags: int, padding_idx: int) -> Spec:
    return Spec(indices.shape, int64)


@op(shape=_bags_shape, types="keep", differentiable=False)
def bag_numbers(indices: Array, offsets: Array, bags: int, padding_idx: int) -> Any:
    """For each position of `indices` the bag it is in, by where bags begin; `bags` stands for none of them.

    Padding and what comes after the last bag are in none. Raises RuntimeError for offsets that do not start at 0 or
    that go beyond the positions.
    """
    _check_offsets(offsets, indices.size)
    positions = xp(indices).arange(indices.size)
    numbers = xp(indices).searchsorted(offsets, positions, side="right") - 1
    if padding_idx >= 0:
        numbers = xp(indices).where(indices == padding_idx, bags, numbers)
    return numbers.astype("int64", copy=False)


def _check_offsets(offsets: Any, length: int) -> None:
    if not on_host(offsets) or not offsets.size:
        return
    if offsets[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
            f"However, got {offsets[0]}"
        )
    if offsets[-1] > length:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {length} but got offsets[-1] of {offsets[-1]}"
        )


def _refuse_bags(name: str, compute: dtype | None, indices: dtype, offsets: dtype) -> None:
    refuse_numbers("embedding_bag", indices, offsets)


bag_numbers.refuse(_refuse_bags)


@op(shape=lambda numbers, bags: Spec((bags,), int64), types="keep", differentiable=False)
def bag_sizes(numbers: Array, bags: int) -> Any:
    """How many positions are in each bag."""
    return counted(numbers, bags + 1)[:bags]


@op(shape=lambda input, numbers, bags: Spec((bags, input.shape[1]), int64), types="keep", differentiable=False)
def bag_largest(input: Array, numbers: Array, bags: int) -> Any:
    """For each bag and column the first row of the input that is largest there, -1 for an empty bag."""
    space, count, input = xp(input), len(input), widened(input)
    largest = space.full((bags + 1, input.shape[1]), -space.inf, input.dtype)
    space.maximum.at(largest, numbers, input)
    reaches = (input == largest[numbers]) | (input != input)
    rows = space.where(reaches, space.arange(count, dtype="int32")[:, None], count)
    first = space.full(largest.shape, count, "int32")
    space.minimum.at(first, numbers, rows.astype("int32", copy=False))
    return space.where(first == count, -1, first)[:bags].astype("int64")


def embedding_bag(
    weight: Any,
    indices: Any,
    offsets: Any,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int = NO_PADDING,
) -> Any:
    """Rows of the table that each bag of the vector `indices` names, reduced by `mode`; bags begin at `offsets`.

    An empty bag gives zeros. The last offset is the end of the last bag if it is included (torch.embedding_bag).
    """
    bags = offsets.shape[0] - include_last_offset
    if bags < 0:
        raise RuntimeError("include_last_offset: number of offsets should be at least 1, got offsets of shape [0]")
    numbers = bag_numbers(indices, offsets, bags, padding_idx)
    rows = embedding(weight, indices, padding_idx, scale_grad_by_freq)
    if mode == "max":
        places = bag_largest(rows, numbers, bags)
        return (
            masked(gather(rows, 0, places.clamp(min=0)), places >= 0)
            if rows.shape[0]
            else rows.new_zeros((bags, rows.shape[1]))
        )
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(-1)
    total = narrow(add_rows(rows, numbers, bags + 1), 0, 0, bags)
    return total / bag_sizes(numbers, bags).clamp(min=1).unsqueeze(-1) if mode == "mean" else total
