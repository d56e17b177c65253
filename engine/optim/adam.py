"""Adam: steps along the mean gradient over the root of the mean square, both decaying."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.kernels.cpu.optimizers_with_moments import moments, moments_with_largest
from engine.kernels.kernel import Kernel
from engine.optim.direction import average, average_square, directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_betas, demand_rate
from engine.optim.optimizer import Group, Parameters


class Adam(FlatOptimizer):
    """Adam (torch.optim.Adam): θ ← θ − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).

    m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; g = ±∇ + λθ, or, decoupled, θ ← (1 − lr λ)θ first: AdamW. With `amsgrad`
    the largest v so far stands for v. Raises ValueError for negative values and betas outside [0, 1). Kingma and Ba,
    "Adam", ICLR 2015; Reddi et al., "On the convergence of Adam and beyond", ICLR 2018.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        demand_rate(lr)
        demand_at_least_zero("epsilon value", eps)
        demand_betas(betas)
        demand_at_least_zero("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The two means, with AMSGrad also the largest mean square."""
        names = ("exp_avg", "exp_avg_sq")
        return (*names, "max_exp_avg_sq") if group["amsgrad"] else names

    def cpu_kernel(self, group: Group) -> Kernel:
        """The rule in one pass."""
        return moments_with_largest if group["amsgrad"] else moments

    def coefficients(self, group: Group, stage: int) -> tuple[float, ...]:
        """As `optimizers_with_moments` names them."""
        first, second = map(float, group["betas"])
        rate, spread = float(group["lr"]) / (1 - first**stage), 1 / math.sqrt(1 - second**stage)
        return rate, first, 1 - first, second, 1 - second, 0.0, 1.0, spread, float(group["eps"])

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
        if group["amsgrad"]:
            largest = states["max_exp_avg_sq"]
            square = array.maximum(largest, square, out=largest)
        root = array.sqrt(square, out=spare)
        root /= math.sqrt(1 - second_beta**stage)
        root += float(group["eps"])
        change = array.divide(mean, root, out=spare)
        change *= float(group["lr"]) / (1 - first_beta**stage)
        parameter -= change
