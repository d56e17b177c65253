"""ReduceLROnPlateau: lowers the rate when a metric has stopped improving."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import SupportsFloat

from engine.autograd.modes import host_read
from engine.optim.lr_scheduler.scheduler import (
    EPOCH_IS_DEPRECATED,
    LRScheduler,
    demand_optimizer,
    one_for_each_group,
    set_value,
)
from engine.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """lr · factor after `patience` epochs in a row without improvement (torch.optim.lr_scheduler.ReduceLROnPlateau).

    An improvement is below (mode `min`) or above (`max`) the best by more than `threshold`, of the best (`rel`) or
    absolute (`abs`). After a reduction `cooldown` epochs don't count; rates stay above `min_lr`, and changes of at most
    `eps` are not made. Raises ValueError for a factor of 1 or more and for unknown modes.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"Factor should be < 1.0, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode!r} is unknown; allowed are 'min' and 'max'")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode!r} is unknown; allowed are 'rel' and 'abs'")
        demand_optimizer(optimizer)
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.min_lrs = one_for_each_group("min_lr", optimizer, min_lr)
        self.eps = eps
        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self._last_lr = self.current_lr()

    @property
    def in_cooldown(self) -> bool:
        """Whether bad epochs don't count now."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take in the metric of the epoch that ended."""
        if epoch is not None:
            warnings.warn(EPOCH_IS_DEPRECATED, UserWarning, stacklevel=2)
        host_read("a step of a learning rate scheduler")
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        current = float(metrics)
        if self.improves(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self.current_lr()

    def improves(self, current: float) -> bool:
        """Whether a metric is better than the best by more than the threshold."""
        margin = abs(self.threshold) if self.threshold_mode == "abs" else self.threshold
        if self.mode == "min":
            return current < (self.best * (1 - margin) if self.threshold_mode == "rel" else self.best - margin)
        return current > (self.best * (1 + margin) if self.threshold_mode == "rel" else self.best + margin)

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from when "
                    f"`ReduceLROnPlateau` was initialized ({len(self.min_lrs)}): give `min_lrs` one value a group"
                )
            self.min_lrs = one_for_each_group("min_lr", self.optimizer, self.default_min_lr)
        for group, lowest in zip(groups, self.min_lrs, strict=True):
            rate = float(group["lr"])
            reduced = max(rate * self.factor, lowest)
            if rate - reduced > self.eps:
                set_value(group, "lr", reduced)
