"""How weights are averaged: equally over all updates, or with exponentially decaying weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.autograd.modes import no_grad
from engine.averaging.moving import move_towards

Average = Callable[[Any, Any, Any], Any]
MultiAverage = Callable[[Sequence[Any], Sequence[Any], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """A function of average, current value and count: decay · average + (1 − decay) · current.

    Raises ValueError for a decay outside [0, 1] (torch.optim.swa_utils.get_ema_avg_fn).
    """
    _demand_decay(decay)

    @no_grad()
    def ema_update(ema_param: Any, current_param: Any, num_averaged: Any) -> Any:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """A function of average, current value and count: average + (current − average) / (count + 1).

    That is the equally weighted mean (torch.optim.swa_utils.get_swa_avg_fn).
    """

    @no_grad()
    def swa_update(averaged_param: Any, current_param: Any, num_averaged: Any) -> Any:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """A function that moves averages in place: average ← decay · average + (1 − decay) · current.

    Raises ValueError for a decay outside [0, 1] (torch.optim.swa_utils.get_ema_multi_avg_fn).
    """
    _demand_decay(decay)

    @no_grad()
    def ema_update(ema_param_list: Sequence[Any], current_param_list: Sequence[Any], _: Any) -> None:
        for average, current in zip(ema_param_list, current_param_list, strict=True):
            if _is_counted(average):
                average.copy_(average * decay + current * (1 - decay))
            else:
                move_towards(average, current, 1 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """A function that moves averages in place: average ← average + (current − average) / (count + 1).

    That is the equally weighted mean (torch.optim.swa_utils.get_swa_multi_avg_fn).
    """

    @no_grad()
    def swa_update(averaged_param_list: Sequence[Any], current_param_list: Sequence[Any], num_averaged: Any) -> None:
        share = 1 / (float(num_averaged) + 1)
        for average, current in zip(averaged_param_list, current_param_list, strict=True):
            if _is_counted(average):
                average.copy_(average + (current - average) * share)
            else:
                move_towards(average, current, share)

    return swa_update


def _is_counted(tensor: Any) -> bool:
    """Whether a tensor holds whole numbers, which can't be moved by a fraction in place."""
    return not tensor.dtype.is_differentiable


def _demand_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")
