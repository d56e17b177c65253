"""LRScheduler: sets each group's learning rate as epochs (or steps) go by."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from engine.autograd.modes import host_read, no_grad
from engine.autograd.tensor_base import TensorBase, wrap
from engine.optim.optimizer import Group, Optimizer

STEP_ORDER = (
    "lr_scheduler.step() was called before optimizer.step(): the first value of the schedule is skipped. "
    "Call optimizer.step() first."
)
EPOCH_IS_DEPRECATED = "the epoch argument of scheduler.step() is deprecated: call scheduler.step() once an epoch"


class LRScheduler:
    """The base of schedules (torch.optim.lr_scheduler.LRScheduler).

    `last_epoch` counts the calls of `step`; -1 starts anew, a number continues a schedule whose groups hold
    `initial_lr`. A subclass writes `get_lr`, the rates at `last_epoch`, mostly from the rates before: what others
    change in between is kept. Raises KeyError where a continued group has no `initial_lr`.
    """

    unsaved: ClassVar[tuple[str, ...]] = ("optimizer", "_is_initial", "_get_lr_called_within_step")
    """Attributes that a state dict leaves out."""

    _is_initial = False
    _get_lr_called_within_step = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        demand_optimizer(optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", value_of(group, "lr"))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming an optimizer: "
                    "load the optimizer's state before making the scheduler, or leave last_epoch at -1"
                )
        self.base_lrs: list[float] = [value_of(group, "initial_lr") for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def begin(self) -> None:
        """Go to epoch 0, whatever came before."""
        self._update_lr(0)

    def get_last_lr(self) -> list[float]:
        """The rates that the last step set, one a group."""
        return self._last_lr

    def get_lr(self) -> list[float]:
        """The rates at `last_epoch`, one a group."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr()")

    def _get_closed_form_lr(self) -> list[float]:
        """The rates at `last_epoch` from the initial ones alone; as `get_lr` where a schedule has no such form."""
        return self.get_lr()

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch and set its rates; warns where the optimizer hasn't stepped yet."""
        if self._step_count == 1 and self.optimizer.steps_taken == 0:
            warnings.warn(STEP_ORDER, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_IS_DEPRECATED, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None) -> None:
        """Set the rates of the next epoch, or, by the closed form, of any other."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._get_lr_called_within_step = True
        try:
            rates = self.get_lr() if epoch is None else self._get_closed_form_lr()
        finally:
            self._get_lr_called_within_step = False
        self.set_lr(rates)

    def set_lr(self, rates: Sequence[float]) -> None:
        """Give each group its rate."""
        host_read("a step of a learning rate scheduler")
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_value(group, "lr", rate)
        self._last_lr = self.current_lr()

    def current_lr(self) -> list[float]:
        """The rates that the groups have now."""
        return [value_of(group, "lr") for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule has come to, as plain numbers, strings and lists."""
        return {name: copy.deepcopy(value) for name, value in vars(self).items() if name not in self.unsaved}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where `state_dict` stopped; raises ValueError for the state of another kind of schedule."""
        expected = {name for name in vars(self) if name not in self.unsaved}
        if missing := sorted(expected - set(state_dict)):
            raise ValueError(f"this is no state of {type(self).__name__}: it lacks {', '.join(missing)}")
        vars(self).update({name: copy.deepcopy(state_dict[name]) for name in expected})


def value_of(group: Group, name: str) -> Any:
    """A value of a group, a tensor's as a copy that later changes don't reach."""
    value = group[name]
    return wrap(value.result_class, value.array.copy()) if isinstance(value, TensorBase) else value


def set_value(group: Group, name: str, value: Any) -> None:
    """Set a value of a group; one that is a tensor stays the same tensor, filled anew."""
    if isinstance(group[name], TensorBase):
        with no_grad():
            group[name].fill_(float(value))
    else:
        group[name] = value


def demand_optimizer(optimizer: Any) -> None:
    """Raise TypeError for anything but an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def one_for_each_group(name: str, optimizer: Optimizer, value: float | Sequence[float]) -> list[float]:
    """A value for each group from one for all, or from a list; raises ValueError for a list of another length."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * groups  # type: ignore[list-item]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups: {len(value)} values for {groups} groups"
        )
    return list(value)
