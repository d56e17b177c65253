"""Adamax: Adam by the largest gradient instead of the mean square."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.optim.direction import average, directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_betas, demand_rate
from engine.optim.optimizer import Group, Parameters


class Adamax(FlatOptimizer):
    """Adamax (torch.optim.Adamax): m ← β₁m + (1 − β₁)g;  u ← max(β₂u, |g| + ε);  θ ← θ − lr / (1 − β₁ᵗ) · m / u.

    g = ±∇ + λθ. Raises ValueError for negative values and betas outside [0, 1). Kingma and Ba, "Adam", ICLR 2015,
    section 7.1.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        demand_rate(lr)
        demand_at_least_zero("epsilon value", eps)
        demand_betas(betas)
        demand_at_least_zero("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The mean, and the largest gradient, which decays."""
        return "exp_avg", "exp_inf"

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare = scratch[0]
        mean, largest = states["exp_avg"], states["exp_inf"]
        first_beta, second_beta = map(float, group["betas"])
        gradient = directed(parameter, gradient, group, spare)
        average(mean, gradient, first_beta, spare)
        largest *= second_beta
        size = array.absolute(gradient, out=spare)
        size += float(group["eps"])
        array.maximum(largest, size, out=largest)
        change = array.divide(mean, largest, out=spare)
        change *= float(group["lr"]) / (1 - first_beta**stage)
        parameter -= change
