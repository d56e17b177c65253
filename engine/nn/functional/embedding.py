"""Embeddings as functions: rows of a table, and bags of them."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.modes import no_grad
from engine.creation import arange
from engine.ops.sequences import embedding as rows
from engine.ops.sequences import embedding_bag as bags

_renorm_ = in_place(rows.embedding_renorm)


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """The rows of `weight`, [n, dim], that the whole numbers of `input` name: [...] gives [..., dim].

    `max_norm` first scales those rows down in the table itself; the row `padding_idx` gets no gradient. Raises
    IndexError for numbers outside of the table, AssertionError for such a padding_idx, and NotImplementedError for
    sparse gradients.
    """
    refuse_sparse("embedding", sparse)
    padding = rows.NO_PADDING
    if padding_idx is not None:
        padding = inside(padding_idx, weight.shape[0])
    _renormed(weight, input, max_norm, norm_type)
    return rows.embedding(weight, input, padding, scale_grad_by_freq)


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """The rows of `weight` that each bag of `input` names, reduced by `mode`: sum, mean or max.

    Bags are the rows of a matrix, or the pieces of a vector that begin at `offsets`. `per_sample_weights`, in the shape
    of the input and for sums alone, scale the rows; rows of `padding_idx` are left out. Raises ValueError or
    RuntimeError for arguments that do not fit together, and NotImplementedError for sparse gradients.
    """
    _check_bags(input, weight, offsets, mode, per_sample_weights, scale_grad_by_freq)
    refuse_sparse("embedding_bag", sparse)
    if input.ndim == 2:
        offsets = arange(0, input.numel(), input.shape[1], dtype=input.dtype, device=input.device)
        include_last_offset = False
        input = input.reshape(-1)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    padding = rows.NO_PADDING
    if padding_idx is not None:
        count = weight.shape[0]
        if not -count <= padding_idx < count:
            raise RuntimeError(
                f"padding_idx must be within the number of embeddings, {-count} through {count - 1}, "
                f"but got {padding_idx}"
            )
        padding = padding_idx % count
    _renormed(weight, input, max_norm, norm_type)
    return bags.embedding_bag(
        weight, input, offsets, scale_grad_by_freq, mode, per_sample_weights, include_last_offset, padding
    )


def refuse_sparse(name: str, sparse: bool) -> None:
    """Raise NotImplementedError for gradients that list rows instead of filling a table."""
    if sparse:
        raise NotImplementedError(f"{name}: sparse=True is not supported, gradients are dense; leave it False")


def inside(padding_idx: int, count: int) -> int:
    """The padding row counted from the front; raises AssertionError outside of the table."""
    if not -count <= padding_idx < count:
        raise AssertionError(f"Padding_idx must be within num_embeddings: got {padding_idx} for {count} rows")
    return padding_idx % count


def _renormed(weight: Any, input: Any, max_norm: float | None, norm_type: float) -> None:
    if max_norm is not None:
        with no_grad():
            _renorm_(weight, input, max_norm, norm_type)


def _check_bags(
    input: Any, weight: Any, offsets: Any, mode: str, per_sample_weights: Any, scale_grad_by_freq: bool
) -> None:
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({list(per_sample_weights.shape)}) is not None, "
            f"then it must have the same shape as the input ({list(input.shape)})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if input.ndim not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if input.ndim == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated as a mini-batch of fixed length "
            f"sequences. However, found offsets of shape {list(offsets.shape)}"
        )
    if input.ndim == 1 and (offsets is None or offsets.ndim != 1):
        found = "None" if offsets is None else f"shape {list(offsets.shape)}"
        raise ValueError(f"offsets has to be a 1D Tensor but got {found}")
    if mode not in bags.MODES:
        raise ValueError(f"mode has to be one of sum, mean or max, got {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if per_sample_weights is None:
        return
    if mode != "sum":
        raise NotImplementedError(
            f"embedding_bag: per_sample_weights are only supported for mode='sum' (got mode={mode!r})"
        )
    if per_sample_weights.dtype is not weight.dtype:
        raise RuntimeError(
            f"Expected tensor for argument 'weight' to have the same type as tensor for argument "
            f"'per_sample_weights'; but type {weight.dtype} does not equal {per_sample_weights.dtype}"
        )
