"""Loss: what all loss modules share."""

from __future__ import annotations

from engine.nn.module import Module


class Loss(Module):
    """A loss whose elements are averaged (`mean`), added up (`sum`) or given back one by one (`none`)."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{reduction} is not a valid value for reduction; allowed are mean, sum and none")
        self.reduction = reduction
