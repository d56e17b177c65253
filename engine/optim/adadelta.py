"""Adadelta: steps as large as the steps before them, along the gradient over its root mean square."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.optim.direction import average_square, directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_rate
from engine.optim.optimizer import Group, Parameters


class Adadelta(FlatOptimizer):
    """Adadelta (torch.optim.Adadelta): θ ← θ − lr d with d = √(u + ε) / √(v + ε) · g.

    v ← ρv + (1 − ρ)g² comes before, u ← ρu + (1 − ρ)d² after; g = ±∇ + λθ. Raises ValueError for negative values and a
    rho above 1. Zeiler, "ADADELTA: An adaptive learning rate method", 2012.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        demand_rate(lr)
        if not 0 <= rho <= 1:
            raise ValueError(f"Invalid rho value: {rho}; a number from 0 to 1 is expected")
        demand_at_least_zero("epsilon value", eps)
        demand_at_least_zero("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The mean squares of gradients and of steps."""
        return "square_avg", "acc_delta"

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare, change = scratch
        square, steps = states["square_avg"], states["acc_delta"]
        rho, eps = float(group["rho"]), float(group["eps"])
        gradient = directed(parameter, gradient, group, spare)
        average_square(square, gradient, rho, spare)
        array.sqrt(array.add(steps, eps, out=change), out=change)
        change /= array.sqrt(array.add(square, eps, out=spare), out=spare)
        change *= gradient
        average_square(steps, change, rho, spare)
        change *= float(group["lr"])
        parameter -= change
