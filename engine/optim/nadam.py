"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.backend.namespace import xp
from engine.kernels.cpu.optimizers_with_moments import moments
from engine.kernels.kernel import Kernel
from engine.optim.direction import average, average_square, directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_betas, demand_rate
from engine.optim.optimizer import Group, Parameters


class NAdam(FlatOptimizer):
    """NAdam (torch.optim.NAdam): θ ← θ − lr ((1 − μ)g / (1 − Πμ) + μ' m / (1 − μ' Πμ)) / (√(v / (1 − β₂ᵗ)) + ε).

    m and v as in Adam; μ = β₁(1 − 0.96^(tψ) / 2) with ψ = `momentum_decay`, μ' the next one, Πμ the product of all so
    far. g = ±∇ + λθ, or, decoupled, θ ← (1 − lr λ)θ first. Raises ValueError for negative values and betas outside [0,
    1). Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016.
    """

    numbers = ("step", "mu_product")

    def __init__(
        self,
        params: Parameters,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        demand_at_least_zero("momentum_decay value", momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The two means."""
        return "exp_avg", "exp_avg_sq"

    def start(self, group: Group, name: str) -> float:
        """A product begins with 1."""
        return 1.0 if name == "mu_product" else 0.0

    def turn(self, group: Group, numbers: dict[str, Any]) -> Sequence[tuple[int, float]]:
        """The count of updates, and the product of the momenta up to this one."""
        steps = super().turn(group, numbers)
        momenta = [self._momentum(group, step) for step in steps]
        numbers["mu_product"] *= np.array(momenta, numbers["mu_product"].dtype)
        return list(zip(steps, numbers["mu_product"].tolist(), strict=True))

    def _momentum(self, group: Group, step: int) -> float:
        return float(group["betas"][0]) * (1 - 0.5 * 0.96 ** (step * float(group["momentum_decay"])))

    def cpu_kernel(self, group: Group) -> Kernel:
        """The rule in one pass."""
        return moments

    def coefficients(self, group: Group, stage: tuple[int, float]) -> tuple[float, ...]:
        """As `optimizers_with_moments` names them."""
        step, product = stage
        momentum, following = self._momentum(group, step), self._momentum(group, step + 1)
        first, second = map(float, group["betas"])
        own, carried = (1 - momentum) / (1 - product), following / (1 - product * following)
        rate, spread = float(group["lr"]), 1 / math.sqrt(1 - second**step)
        return rate, first, 1 - first, second, 1 - second, own, carried, spread, float(group["eps"])

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare = scratch[0]
        mean, square = states["exp_avg"], states["exp_avg_sq"]
        step, product = stage
        momentum, following = self._momentum(group, step), self._momentum(group, step + 1)
        first_beta, second_beta = map(float, group["betas"])
        gradient = directed(parameter, gradient, group, spare)
        average(mean, gradient, first_beta, spare)
        average_square(square, gradient, second_beta, spare)
        gradient *= (1 - momentum) / (1 - product)
        gradient += array.multiply(mean, following / (1 - product * following), out=spare)
        root = array.sqrt(array.divide(square, 1 - second_beta**step, out=spare), out=spare)
        root += float(group["eps"])
        gradient /= root
        gradient *= float(group["lr"])
        parameter -= gradient
