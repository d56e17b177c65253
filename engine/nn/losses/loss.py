"""Loss: what all loss modules share."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.loss_reduction import chosen_reduction
from engine.nn.module import Module


class Loss(Module):
    """A loss whose elements are averaged (`mean`), added up (`sum`) or given back one by one (`none`).

    `size_average` and `reduce` are PyTorch's old names for the same.
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = chosen_reduction(reduction, size_average, reduce)


class WeightedLoss(Loss):
    """A loss with one weight a class or element, held as a buffer."""

    weight: Any

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
