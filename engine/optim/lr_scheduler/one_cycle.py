"""OneCycleLR: the rate goes up, then far down, within one training; the momentum goes the other way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engine.optim.lr_scheduler.momentum import demand_momentum, set_momentum
from engine.optim.lr_scheduler.scheduler import LRScheduler, demand_optimizer, one_for_each_group
from engine.optim.optimizer import Optimizer


class OneCycleLR(LRScheduler):
    """From max_lr / div_factor up to max_lr, then down to the first rate / final_div_factor (torch's OneCycleLR).

    `step` is called once a batch: `total_steps`, or epochs times steps_per_epoch. The way up takes `pct_start` of it;
    with `three_phase` the way down to the first rate takes as long. The momentum, or Adam's first beta, cycles between
    max_momentum and base_momentum. Smith and Topin, "Super-convergence", 2018. Raises ValueError for values that
    make no cycle, and from `step` past its end.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        demand_optimizer(optimizer)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_func_type = anneal_strategy
        self._schedule_phases = _phases(pct_start, self.total_steps, three_phase)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            demand_momentum(optimizer)
        if last_epoch == -1:
            tops = one_for_each_group("max_lr", optimizer, max_lr)
            lows = one_for_each_group("base_momentum", optimizer, base_momentum)
            highs = one_for_each_group("max_momentum", optimizer, max_momentum)
            for group, top, low, high in zip(optimizer.param_groups, tops, lows, highs, strict=True):
                group["initial_lr"] = top / div_factor
                group["max_lr"] = top
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    group["base_momentum"], group["max_momentum"] = low, high
                    set_momentum(group, high)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at this step; sets the momentum too."""
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is {self.total_steps}"
            )
        start, phase = self._phase()
        done = (self.last_epoch - start) / (phase["end_step"] - start)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                begin, end = group[phase["start_momentum"]], group[phase["end_momentum"]]
                set_momentum(group, self._between(begin, end, done))
        return [
            self._between(group[phase["start_lr"]], group[phase["end_lr"]], done)
            for group in self.optimizer.param_groups
        ]

    def _phase(self) -> tuple[float, dict[str, Any]]:
        """Where the phase of this step starts, and the phase."""
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if self.last_epoch <= phase["end_step"]:
                return start, phase
            start = phase["end_step"]
        return start, self._schedule_phases[-1]

    def _between(self, start: float, end: float, done: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * done + start
        return end + (start - end) / 2 * (math.cos(math.pi * done) + 1)


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    given = {"total_steps": total_steps}
    if total_steps is None:
        given = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return math.prod(value for value in given.values() if value is not None)


def _phases(share: float, steps: int, three: bool) -> list[dict[str, Any]]:
    """The phases in order: the step each ends at, and the group's values that it leads from and to."""

    def phase(end: float, rates: tuple[str, str], momenta: tuple[str, str]) -> dict[str, Any]:
        names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
        return dict(zip(names, (end, *rates, *momenta), strict=True))

    falling, rising = ("max_momentum", "base_momentum"), ("base_momentum", "max_momentum")
    up = phase(float(share * steps) - 1, ("initial_lr", "max_lr"), falling)
    if not three:
        return [up, phase(steps - 1, ("max_lr", "min_lr"), rising)]
    down = phase(float(2 * share * steps) - 2, ("max_lr", "initial_lr"), rising)
    return [up, down, phase(steps - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))]
