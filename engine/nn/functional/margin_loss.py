"""Losses that ask scores to differ by a margin, as functions."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.loss_reduction import chosen_reduction
from engine.ops.elementwise.activation import logsigmoid
from engine.ops.elementwise.selection import where
from engine.ops.losses.loss import reduced
from engine.ops.losses.margin import multi_margin, multilabel_margin


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """log(1 + exp(-y x)) for y of -1 or 1."""
    return reduced(-logsigmoid(target * input), chosen_reduction(reduction, size_average, reduce))


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """X for y = 1 and max(0, margin - x) for y = -1."""
    chosen = chosen_reduction(reduction, size_average, reduce)
    apart = where(target != 1, (margin - input).clamp(min=0), 0.0)
    return reduced(apart + where(target != -1, input, 0.0), chosen)


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """max(0, margin - y (x1 - x2)): y = 1 wants the first higher, y = -1 the second."""
    chosen = chosen_reduction(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {list(input1.shape)}, input2: {list(input2.shape)}, target: {list(target.shape)}"
        )
    return reduced((margin - target * (input1 - input2)).clamp(min=0), chosen)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Σ_j w_y max(0, margin - x_y + x_j)^p / C over the classes j but y, for scores of [N, C] or [C]; p is 1 or 2."""
    chosen = chosen_reduction(reduction, size_average, reduce)
    return reduced(multi_margin(input, target, p, margin, weight), chosen)


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """Σ_jk max(0, 1 - x_j + x_k) / C over the target classes j and the others k, for scores of [N, C] or [C].

    The target has the input's shape; its classes end at the first -1.
    """
    chosen = chosen_reduction(reduction, size_average, reduce)
    return reduced(multilabel_margin(input, target), chosen)


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """The mean over the classes, the last dimension, of -w (y log σ(x) + (1 - y) log σ(-x))."""
    chosen = chosen_reduction(reduction, size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduced(losses.sum(-1) / input.shape[-1], chosen)


__all__ = [
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
]
