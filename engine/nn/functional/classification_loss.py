"""Losses of scores and probabilities against classes, as functions."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.loss_reduction import chosen_reduction
from engine.ops.losses import loss


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-Σ target log softmax(input) for class numbers or probabilities; `weight` holds one weight a class.

    The input is [N, C], [C] or [N, C, d1, ...]; the target has its shape without C or, if probabilities, with it.
    """
    chosen = chosen_reduction(reduction, size_average, reduce)
    return loss.cross_entropy(input, target, weight, ignore_index, chosen, label_smoothing)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """-w_t input_t for the class t of log-probabilities; `mean` divides by the sum of the weights used."""
    return loss.nll_loss(input, target, weight, ignore_index, chosen_reduction(reduction, size_average, reduce))


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Any:
    """Σ t (log t - input) for log-probabilities; `batchmean` divides by the batch, `mean` by all elements."""
    if reduction != "batchmean" or size_average is not None or reduce is not None:
        reduction = chosen_reduction(reduction, size_average, reduce)
    return loss.kl_div(input, target, reduction, log_target)


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """-w (t log p + (1 - t) log(1 - p)) for probabilities p; logarithms stop at -100."""
    return loss.binary_cross_entropy(input, target, weight, chosen_reduction(reduction, size_average, reduce))


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """-w (p_w t log σ(x) + (1 - t) log(1 - σ(x))), stable for any x; p_w is `pos_weight`."""
    if target.dtype.category < input.dtype.category:
        raise RuntimeError(
            f"binary_cross_entropy_with_logits: result type {input.dtype} can't be cast to the target's "
            f"{target.dtype}; target.to(input.dtype) fits"
        )
    chosen = chosen_reduction(reduction, size_average, reduce)
    return loss.binary_cross_entropy_with_logits(input, target, weight, chosen, pos_weight)


__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "kl_div",
    "nll_loss",
]
