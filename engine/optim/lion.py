"""Lion: steps along the sign of a mean of gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.kernels.cpu.optimizers import lion
from engine.kernels.kernel import Kernel
from engine.optim.direction import average, directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_betas, demand_rate
from engine.optim.optimizer import Group, Parameters


class Lion(FlatOptimizer):
    """Lion: θ ← θ − lr (sign(β₁m + (1 − β₁)g) + λθ);  m ← β₂m + (1 − β₂)g, with g = ±∇.

    PyTorch has none: names and state are as in its Adam. A rate 3 to 10 times below Adam's, and as many times more
    decay, suit it. Raises ValueError for negative values and betas outside [0, 1). Chen et al., "Symbolic discovery of
    optimization algorithms", NeurIPS 2023, program 1.
    """

    numbers = ()

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        demand_rate(lr)
        demand_betas(betas)
        demand_at_least_zero("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "decoupled_weight_decay": True,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The mean gradient."""
        return ("exp_avg",)

    def cpu_kernel(self, group: Group) -> Kernel:
        """The rule in one pass."""
        return lion

    def coefficients(self, group: Group, stage: None) -> tuple[float, ...]:
        """As `optimizers` names them."""
        first, second = map(float, group["betas"])
        return float(group["lr"]), first, 1 - first, second, 1 - second

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare, change = scratch
        mean = states["exp_avg"]
        first_beta, second_beta = map(float, group["betas"])
        gradient = directed(parameter, gradient, group, spare)
        array.multiply(mean, first_beta, out=change)
        change += array.multiply(gradient, 1 - first_beta, out=spare)
        array.sign(change, out=change)
        change *= float(group["lr"])
        parameter -= change
        average(mean, gradient, second_beta, spare)
