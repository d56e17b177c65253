"""Losses of class scores against classes."""

from __future__ import annotations

import warnings
from typing import Any

from engine.nn.functional.classification_loss import cross_entropy, kl_div, nll_loss
from engine.nn.losses.loss import Loss, WeightedLoss


class _WeightedByClass(WeightedLoss):
    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index


class NLLLoss(_WeightedByClass):
    """-weight[y] x[y] for log-probabilities x of [N, C, ...] and classes y of [N, ...] (torch.nn.NLLLoss).

    `mean` divides by the sum of the weights used; targets equal to ignore_index count for nothing.
    """

    def forward(self, input: Any, target: Any) -> Any:
        return nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """NLLLoss under its old name, which warns (torch.nn.NLLLoss2d)."""

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        warnings.warn("`NLLLoss2d` has been deprecated: use NLLLoss, which does the same", FutureWarning, stacklevel=2)
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class CrossEntropyLoss(_WeightedByClass):
    """-weight[y] log softmax(x)[y] for scores x of [N, C, ...] and classes y, or probabilities of x's shape.

    `mean` divides by the sum of the weights used; label_smoothing mixes that much of the uniform distribution into y.
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, ignore_index, reduce, reduction)
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class KLDivLoss(Loss):
    """y (log y - x) for log-probabilities x and probabilities y (torch.nn.KLDivLoss).

    With log_target y is given by its logarithm. `batchmean` divides the sum by the batch, which is the divergence
    itself; `mean` divides by all elements.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        of_batch = reduction == "batchmean" and size_average is None and reduce is None
        super().__init__(size_average, reduce, "sum" if of_batch else reduction)
        if of_batch:
            self.reduction = reduction
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
