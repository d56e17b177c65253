"""Schedules by a function of the epoch: LambdaLR and MultiplicativeLR."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from engine.optim.lr_scheduler.scheduler import LRScheduler
from engine.optim.optimizer import Optimizer

Factor = Callable[[int], float]


class _FunctionLR(LRScheduler):
    """A schedule by one function for all groups or one for each; functions are no part of the state dict."""

    unsaved: ClassVar[tuple[str, ...]] = (*LRScheduler.unsaved, "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        groups = len(optimizer.param_groups)
        functions: list[Factor] = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(functions) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, one a group, but got {len(functions)}")
        for function in functions:
            if not callable(function):
                raise TypeError(f"lr_lambda should be a function, but got {type(function).__name__}")
        self.lr_lambdas: list[Factor] = functions
        super().__init__(optimizer, last_epoch)


class LambdaLR(_FunctionLR):
    """initial lr · lr_lambda(epoch) (torch.optim.lr_scheduler.LambdaLR)."""

    def get_lr(self) -> list[float]:
        return [rate * function(self.last_epoch) for function, rate in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(_FunctionLR):
    """lr · lr_lambda(epoch) every epoch (torch.optim.lr_scheduler.MultiplicativeLR)."""

    def get_lr(self) -> list[float]:
        rates = self.current_lr()
        if self.is_initial:
            return rates
        return [rate * function(self.last_epoch) for function, rate in zip(self.lr_lambdas, rates, strict=True)]
