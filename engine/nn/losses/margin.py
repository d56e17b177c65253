"""Losses that ask scores to differ by a margin."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.margin_loss import (
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
)
from engine.nn.losses.loss import Loss, WeightedLoss


class HingeEmbeddingLoss(Loss):
    """x for y = 1 and max(0, margin - x) for y = -1 (torch.nn.HingeEmbeddingLoss)."""

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(Loss):
    """max(0, margin - y (x1 - x2)) for y of -1 or 1 (torch.nn.MarginRankingLoss)."""

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class MultiMarginLoss(WeightedLoss):
    """Σ_j weight[y] max(0, margin - x[y] + x[j])^p / C over the classes j but y (torch.nn.MultiMarginLoss)."""

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"only p == 1 and p == 2 supported, got p = {p}")
        if weight is not None and weight.ndim != 1:
            raise ValueError(f"weight must be one-dimensional, got shape {list(weight.shape)}")
        self.p = p
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(Loss):
    """Σ_jk max(0, 1 - x[j] + x[k]) / C over the target classes j and the others k (torch.nn.MultiLabelMarginLoss).

    The target has the input's shape; its classes end at the first -1.
    """

    def forward(self, input: Any, target: Any) -> Any:
        return multilabel_margin_loss(input, target, reduction=self.reduction)
