"""Losses of scores and probabilities against classes, as functions."""

from __future__ import annotations

import math
from typing import Any

from engine.nn.functional.linear import linear
from engine.nn.functional.loss_reduction import chosen_reduction
from engine.ops import loss


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


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Any:
    """Cross entropy of the scores `input Aᵀ + b`: the last layer of a classifier and its loss in one.

    The input is [N, in] or [in]; A is [C, in] or, for targets of [N, d1, ...], [C, d1, ..., in]; b is A's shape without
    `in`. Raises RuntimeError for shapes that do not fit.
    """
    _check_scores(input, linear_weight, linear_bias)
    classes, *positions = linear_weight.shape[:-1]
    shape = (*input.shape[:-1], classes, *positions)
    if target.shape == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    rows = classes * math.prod(positions)
    bias = None if linear_bias is None else linear_bias.reshape(rows)
    scores = linear(input, linear_weight.reshape(rows, linear_weight.shape[-1]), bias).reshape(shape)
    ignored = -100 if ignore_index is None else ignore_index
    return loss.cross_entropy(scores, target, weight, ignored, reduction, label_smoothing)


def _check_scores(input: Any, weight: Any, bias: Any) -> None:
    if input.ndim not in (1, 2):
        raise RuntimeError(
            f"expected input with dimensionality 1 or 2, got {input.ndim}: an input of shape {list(input.shape)}"
        )
    if weight.ndim < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {weight.ndim}")
    if input.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), "
            f"got {input.shape[-1]} and {weight.shape[-1]}, respectively"
        )
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(f"expected linear_bias shape {weight.shape[:-1]}, got {bias.shape}")
    if weight.ndim > 2 and input.ndim == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {weight.shape} requires batched input, "
            f"(N, {input.shape[-1]}), got unbatched input with shape {input.shape}"
        )


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
    chosen = chosen_reduction(reduction, size_average, reduce)
    return loss.binary_cross_entropy_with_logits(input, target, weight, chosen, pos_weight)


__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "kl_div",
    "linear_cross_entropy",
    "nll_loss",
]
