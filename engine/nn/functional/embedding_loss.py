"""Losses that bring vectors together or drive them apart, as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.nn.functional.distance import pairwise_distance
from engine.nn.functional.loss_reduction import chosen_reduction
from engine.ops.elementwise.selection import minimum, where
from engine.ops.losses.cross_entropy import check_reduction
from engine.ops.losses.loss import reduced

_LEAST_SQUARED_LENGTH = 1e-12


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """1 - cos(x1, x2) for y = 1 and max(0, cos(x1, x2) - margin) for y = -1, for vectors of [N, D] or [D]."""
    chosen = chosen_reduction(reduction, size_average, reduce)
    if target.ndim > 1:
        raise RuntimeError(f"0D or 1D target tensor expected, multi-target not supported: shape {list(target.shape)}")
    if not input1.ndim == input2.ndim == target.ndim + 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    lengths = ((input1 * input1).sum(-1) + _LEAST_SQUARED_LENGTH) * ((input2 * input2).sum(-1) + _LEAST_SQUARED_LENGTH)
    cosine = (input1 * input2).sum(-1) / lengths.sqrt()
    together = where(target == 1, 1 - cosine, 0.0)
    return reduced(together + where(target == -1, (cosine - margin).clamp(min=0), 0.0), chosen)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """max(0, margin + ‖a - p‖ - ‖a - n‖) with p-norms over the last dimension; see the one with a distance."""
    chosen = chosen_reduction(reduction, size_average, reduce)

    def distance(one: Any, other: Any) -> Any:
        return pairwise_distance(one, other, p, eps)

    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=chosen
    )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """max(0, margin + d(a, p) - d(a, n)) for any distance, by default the Euclidean one.

    With `swap` the smaller of d(a, n) and d(p, n) counts (Balntas et al., "Learning shallow convolutional feature
    descriptors with triplet losses", 2016). Raises ValueError for a margin that is not above zero.
    """
    check_reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp(min=0), reduction)


__all__ = ["cosine_embedding_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss"]
