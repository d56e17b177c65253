"""Losses of yes against no."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.classification_loss import binary_cross_entropy, binary_cross_entropy_with_logits
from engine.nn.functional.margin_loss import multilabel_soft_margin_loss, soft_margin_loss
from engine.nn.losses.loss import Loss, WeightedLoss


class BCELoss(WeightedLoss):
    """-weight (y log x + (1 - y) log(1 - x)) for probabilities x; logarithms stop at -100 (torch.nn.BCELoss)."""

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """-weight (pos_weight y log σ(x) + (1 - y) log(1 - σ(x))) for scores x (torch.nn.BCEWithLogitsLoss)."""

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class SoftMarginLoss(Loss):
    """log(1 + exp(-y x)) for y of -1 or 1 (torch.nn.SoftMarginLoss)."""

    def forward(self, input: Any, target: Any) -> Any:
        return soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """The mean over the last dimension of -weight (y log σ(x) + (1 - y) log σ(-x)).

    As torch.nn.MultiLabelSoftMarginLoss.
    """

    def forward(self, input: Any, target: Any) -> Any:
        return multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
