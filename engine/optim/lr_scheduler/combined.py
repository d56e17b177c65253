"""Schedules made of schedules: SequentialLR, one after the other, and ChainedScheduler, all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from engine.optim.lr_scheduler.plateau import ReduceLROnPlateau
from engine.optim.lr_scheduler.scheduler import LRScheduler, set_value, value_of
from engine.optim.optimizer import Optimizer


class _CombinedScheduler(LRScheduler):
    """A schedule whose state holds those of its parts."""

    unsaved: ClassVar[tuple[str, ...]] = (*LRScheduler.unsaved, "_schedulers")

    _schedulers: list[LRScheduler]

    def begin(self) -> None:
        """Go to epoch 0, whatever came before."""
        for group in self.optimizer.param_groups:
            set_value(group, "lr", value_of(group, "initial_lr"))
        for scheduler in leaves(self):
            scheduler.last_epoch = -1
        self.last_epoch = 0
        self._initial_step()

    def state_dict(self) -> dict[str, Any]:
        """Its own state, and under `_schedulers` those of its parts."""
        return super().state_dict() | {"_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where `state_dict` stopped; raises ValueError for another number of parts."""
        saved = state_dict["_schedulers"]
        if len(saved) != len(self._schedulers):
            here = f"{type(self).__name__} has {len(self._schedulers)}"
            raise ValueError(f"this is a state of {len(saved)} schedulers, {here}")
        super().load_state_dict(state_dict)
        for scheduler, state in zip(self._schedulers, saved, strict=True):
            scheduler.load_state_dict(state)

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        name = type(self).__name__
        if not schedulers:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler")
        for position, scheduler in enumerate(schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"{name}: {type(scheduler).__name__} at index {position} is not a scheduler")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support ReduceLROnPlateau, whose step takes a metric; got one at index {position}"
                )
            optimizer = optimizer or scheduler.optimizer
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, "
                    f"but the one at index {position} has another"
                )
        assert optimizer is not None
        self.optimizer = optimizer
        self._schedulers = list(schedulers)


class SequentialLR(_CombinedScheduler):
    """The first schedule until the first of `milestones`, then the next, and so on (torch's SequentialLR)."""

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        self._take(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"Sequential Schedulers expects one milestone between two schedulers: got {len(schedulers)} schedulers "
                f"and {len(milestones)} milestones"
            )
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:
            set_value(group, "lr", value_of(group, "initial_lr"))
        # Making a schedule took its first step: all are taken back, then the one that begins takes it again.
        for scheduler in leaves(self):
            scheduler.last_epoch -= 1
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the rates of the schedule that begins."""
        self._current()._initial_step()
        self._last_lr = self._current().get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Step the schedule whose turn it is; a new one begins at its epoch 0."""
        self.last_epoch += 1
        scheduler = self._current()
        if self.last_epoch in self._milestones:
            scheduler.begin()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def _current(self) -> LRScheduler:
        return self._schedulers[bisect_right(self._milestones, self.last_epoch)]


class ChainedScheduler(_CombinedScheduler):
    """All schedules at once, each on the rates of the one before (torch's ChainedScheduler)."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self.current_lr()

    def _initial_step(self) -> None:
        """Set the rates of the first epoch, one schedule after the other."""
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._last_lr = self.current_lr()

    def step(self) -> None:  # type: ignore[override]
        """Step all."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self.current_lr()


def leaves(scheduler: LRScheduler) -> list[LRScheduler]:
    """The schedules that a combined one is made of in the end."""
    if isinstance(scheduler, _CombinedScheduler):
        return [leaf for part in scheduler._schedulers for leaf in leaves(part)]
    return [scheduler]
