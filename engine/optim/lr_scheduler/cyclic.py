"""CyclicLR: the rate goes up and down between two bounds, again and again; the momentum goes the other way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from engine.optim.lr_scheduler.functions import attributes_of, take_attributes
from engine.optim.lr_scheduler.momentum import demand_momentum, set_momentum
from engine.optim.lr_scheduler.scheduler import LRScheduler, demand_optimizer, one_for_each_group, set_value
from engine.optim.optimizer import Optimizer

MODES = ("triangular", "triangular2", "exp_range")


class CyclicLR(LRScheduler):
    """base_lr + (max_lr − base_lr) · height · scale, where height goes from 0 to 1 and back (torch's CyclicLR).

    `step` is called once a batch: the way up takes `step_size_up` of them, the way down `step_size_down`, or as many.
    The scale is 1 (`triangular`), halves with each cycle (`triangular2`), is gamma^step (`exp_range`), or
    `scale_fn` of the cycle, from 1, or of the step, as `scale_mode` says. Smith, "Cyclical learning rates for training
    neural networks", WACV 2017. Raises ValueError for an unknown mode and lists of a wrong length.
    """

    unsaved: ClassVar[tuple[str, ...]] = (*LRScheduler.unsaved, "_scale_fn_custom")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        demand_optimizer(optimizer)
        lows = one_for_each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for group, low in zip(optimizer.param_groups, lows, strict=True):
                set_value(group, "lr", low)
        self.max_lrs = one_for_each_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if mode not in MODES and scale_fn is None:
            raise ValueError(f"mode is invalid and scale_fn is None: got mode {mode!r}, allowed are {', '.join(MODES)}")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            demand_momentum(optimizer)
            self.base_momentums = one_for_each_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = one_for_each_group("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                bounds = zip(optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
                for group, low, high in bounds:
                    set_momentum(group, high)
                    group["max_momentum"], group["base_momentum"] = high, low
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lows

    def scale_fn(self, x: float) -> float:
        """The scale of a cycle or of a step."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / 2.0 ** (x - 1) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self) -> list[float]:
        """The rates at this step; sets the momentum too."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        done = 1.0 + self.last_epoch / self.total_size - cycle
        height = done / self.step_ratio if done <= self.step_ratio else (done - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            bounds = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in bounds:
                set_momentum(group, high - (high - low) * height * scale)
        return [low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule has come to, and what a callable object for the scale has."""
        return super().state_dict() | {"_scale_fn_custom": attributes_of(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        super().load_state_dict(state_dict)
        take_attributes(self._scale_fn_custom, state_dict.get("_scale_fn_custom"))
