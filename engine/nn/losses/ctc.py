"""CTCLoss: sequences whose labels have no times."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.ctc_loss import ctc_loss
from engine.nn.losses.loss import Loss


class CTCLoss(Loss):
    """-log p(target) over all alignments of labels and blanks with time (torch.nn.CTCLoss).

    log_probs are [T, N, C] or [T, C], targets [N, S] or all of them one after another. `mean` divides each loss by its
    target's length first; `zero_infinity` makes the losses of targets too long for their input zero.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        return ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
