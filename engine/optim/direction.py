"""The gradient as update rules take it: turned around to maximize, with weight decay."""

from __future__ import annotations

from typing import Any

from engine.backend.namespace import xp
from engine.optim.optimizer import Group


def directed(parameter: Any, gradient: Any, group: Group, spare: Any) -> Any:
    """Make g = ±∇ + λθ, in place of the gradient; with decoupled decay θ ← (1 − lr λ)θ instead.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """
    array = xp(parameter)
    if group.get("maximize"):
        array.negative(gradient, out=gradient)
    weight_decay = float(group.get("weight_decay", 0))
    if weight_decay and group.get("decoupled_weight_decay"):
        parameter *= 1 - float(group["lr"]) * weight_decay
    elif weight_decay:
        gradient += array.multiply(parameter, weight_decay, out=spare)
    return gradient


def direction(group: Group, scale: float) -> tuple[float, float, float]:
    """The same as factors: σ and λ of g = σ∇ + λθ, and κ of θ ← κθ, for gradients that are to be scaled."""
    weight_decay = float(group.get("weight_decay", 0))
    if group.get("maximize"):
        scale = -scale
    if group.get("decoupled_weight_decay"):
        return scale, 0.0, 1 - float(group["lr"]) * weight_decay
    return scale, weight_decay, 1.0


def average(mean: Any, value: Any, decay: float, spare: Any) -> None:
    """Mean: m ← βm + (1 − β)x."""
    mean *= decay
    mean += xp(mean).multiply(value, 1 - decay, out=spare)


def average_square(mean: Any, value: Any, decay: float, spare: Any) -> None:
    """Mean square: v ← βv + (1 − β)x²."""
    array = xp(mean)
    mean *= decay
    array.multiply(value, 1 - decay, out=spare)
    mean += array.multiply(spare, value, out=spare)
