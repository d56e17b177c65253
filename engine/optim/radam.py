"""RAdam: Adam that waits for its mean square to be of use."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.kernels.cpu.optimizers_with_moments import moments
from engine.kernels.kernel import Kernel
from engine.optim.direction import average, average_square, directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_betas, demand_rate
from engine.optim.optimizer import Group, Parameters


class RAdam(FlatOptimizer):
    """RAdam (torch.optim.RAdam): θ ← θ − lr m̂ · r √(1 − β₂ᵗ) / (√v + ε) where ρ > 5, else θ ← θ − lr m̂.

    m and v as in Adam, m̂ = m / (1 − β₁ᵗ); ρ∞ = 2 / (1 − β₂) − 1 and ρ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ) say how many values v
    is a mean of, r² = (ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ) makes up for few. g = ±∇ + λθ, or, decoupled, θ ← (1 − lr
    λ)θ first. Raises ValueError for negative values and betas outside [0, 1). Liu et al., "On the variance of the
    adaptive learning rate and beyond", ICLR 2020.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
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
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The two means."""
        return "exp_avg", "exp_avg_sq"

    def cpu_kernel(self, group: Group) -> Kernel:
        """The rule in one pass."""
        return moments

    def coefficients(self, group: Group, stage: int) -> tuple[float, ...]:
        """As `optimizers_with_moments` names them."""
        first, second = map(float, group["betas"])
        rate, rectified = float(group["lr"]) / (1 - first**stage), rectification(second, stage)
        if rectified is None:
            return rate, first, 1 - first, second, 1 - second, 0.0, 1.0, 0.0, 1.0
        rate *= rectified * math.sqrt(1 - second**stage)
        return rate, first, 1 - first, second, 1 - second, 0.0, 1.0, 1.0, float(group["eps"])

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare = scratch[0]
        mean, square = states["exp_avg"], states["exp_avg_sq"]
        first_beta, second_beta = map(float, group["betas"])
        gradient = directed(parameter, gradient, group, spare)
        average(mean, gradient, first_beta, spare)
        average_square(square, gradient, second_beta, spare)
        rate = float(group["lr"]) / (1 - first_beta**stage)
        rectified = rectification(second_beta, stage)
        if rectified is None:
            change = array.multiply(mean, rate, out=spare)
        else:
            root = array.sqrt(square, out=spare)
            root += float(group["eps"])
            change = array.divide(mean, root, out=spare)
            change *= rate * rectified * math.sqrt(1 - second_beta**stage)
        parameter -= change


def rectification(beta: float, step: int) -> float | None:
    """The factor r of the mean square at a step; None where that is a mean of too few."""
    most = 2 / (1 - beta) - 1
    length = most - 2 * step * beta**step / (1 - beta**step)
    if length <= 5:
        return None
    return math.sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length))
