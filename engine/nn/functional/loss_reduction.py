"""What losses share as functions: their old way to say how they are reduced, and a warning where shapes differ."""

from __future__ import annotations

import warnings
from typing import Any

from engine.ops.losses.cross_entropy import check_reduction


def chosen_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """`none`, `mean` or `sum`; `size_average` and `reduce`, PyTorch's old names for it, win and give a warning.

    Raises ValueError for another reduction.
    """
    if size_average is None and reduce is None:
        check_reduction(reduction)
        return reduction
    chosen = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(f"size_average and reduce are deprecated, please use reduction='{chosen}' instead.", stacklevel=3)
    return chosen


def warn_of_broadcast(input: Any, target: Any) -> None:
    """Warn that a loss is about to compare all elements with all where one by one may have been meant."""
    if target.shape != input.shape:
        warnings.warn(
            f"Using a target size ({list(target.shape)}) that is different to the input size ({list(input.shape)}): "
            "they are broadcast, which is seldom meant. Please ensure they have the same size.",
            stacklevel=3,
        )


__all__ = ["chosen_reduction", "warn_of_broadcast"]
