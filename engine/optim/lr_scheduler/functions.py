"""Schedules by a function of the epoch: LambdaLR and MultiplicativeLR."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any, ClassVar

from engine.optim.lr_scheduler.scheduler import LRScheduler
from engine.optim.optimizer import Optimizer

Factor = Callable[[int], float]


class _FunctionLR(LRScheduler):
    """A schedule by one function for all groups or one for each.

    Of functions a state dict holds None, of objects that can be called their attributes.
    """

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

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule has come to, and under `lr_lambdas` what its callable objects have."""
        return super().state_dict() | {"lr_lambdas": [attributes_of(function) for function in self.lr_lambdas]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        super().load_state_dict(state_dict)
        for function, attributes in zip(self.lr_lambdas, state_dict.get("lr_lambdas", ()), strict=False):
            take_attributes(function, attributes)


def attributes_of(function: Any) -> dict[str, Any] | None:
    """What a callable object has come to; None for a function, which has no state."""
    return None if isinstance(function, FunctionType) else copy.deepcopy(getattr(function, "__dict__", None))


def take_attributes(function: Any, attributes: Mapping[str, Any] | None) -> None:
    """Give a callable object the attributes that were saved of it."""
    if attributes:
        vars(function).update(copy.deepcopy(dict(attributes)))


class LambdaLR(_FunctionLR):
    """initial lr · lr_lambda(epoch) (torch.optim.lr_scheduler.LambdaLR)."""

    def get_lr(self) -> list[float]:
        return [rate * function(self.last_epoch) for function, rate in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(_FunctionLR):
    """lr · lr_lambda(epoch) every epoch (torch.optim.lr_scheduler.MultiplicativeLR)."""

    def get_lr(self) -> list[float]:
        rates = self.current_lr()
        if self._is_initial:
            return rates
        return [rate * function(self.last_epoch) for function, rate in zip(self.lr_lambdas, rates, strict=True)]
