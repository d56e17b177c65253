"""SWALR: leads the learning rate to a fixed one, at which weights are averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.optim.lr_scheduler.scheduler import LRScheduler, one_for_each_group
from engine.optim.optimizer import Optimizer


class SWALR(LRScheduler):
    """From a group's lr to `swa_lr` within `anneal_epochs`, then that (torch.optim.swa_utils.SWALR).

    `anneal_strategy` is `cos` or `linear`. Raises ValueError for another one, for a negative or fractional number of
    epochs, and for rates that are not one a group.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = one_for_each_group("swa_lr", optimizer, swa_lr)
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at this step, from those of the step before."""
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, share = self._share(step - 1), self._share(step)
        rates = []
        for group, rate in zip(self.optimizer.param_groups, self.current_lr(), strict=True):
            goal = group["swa_lr"]
            start = goal if before == 1 else (rate - before * goal) / (1 - before)
            rates.append(goal * share + start * (1 - share))
        return rates

    def _share(self, step: int) -> float:
        """How much of the way is gone after so many steps, from 0 to 1."""
        gone = max(0, min(1, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * gone)) / 2 if self._anneal_strategy == "cos" else gone
