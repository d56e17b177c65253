"""Adagrad: steps along the gradient over the root of the sum of all squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.kernels.cpu.optimizers_with_squares import squares
from engine.kernels.kernel import Kernel
from engine.optim.direction import directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_rate
from engine.optim.optimizer import Group, Parameters


class Adagrad(FlatOptimizer):
    """Adagrad (torch.optim.Adagrad): s ← s + g²;  θ ← θ − lr / (1 + (t − 1)η) · g / (√s + ε).

    g = ±∇ + λθ; η is `lr_decay`; s begins with `initial_accumulator_value`, and is there before the first step. Raises
    ValueError for negative values. Duchi et al., "Adaptive subgradient methods for online learning and stochastic
    optimization", JMLR 2011.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        demand_rate(lr)
        demand_at_least_zero("lr_decay value", lr_decay)
        demand_at_least_zero("weight_decay value", weight_decay)
        demand_at_least_zero("initial_accumulator_value value", initial_accumulator_value)
        demand_at_least_zero("epsilon value", eps)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            self.begin_state(group)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The sum of squares."""
        return ("sum",)

    def start(self, group: Group, name: str) -> float:
        """The sum begins with the value that all groups share."""
        return float(self.defaults["initial_accumulator_value"]) if name == "sum" else 0.0

    def cpu_kernel(self, group: Group) -> Kernel:
        """The rule in one pass."""
        return squares

    def coefficients(self, group: Group, stage: int) -> tuple[float, ...]:
        """As `optimizers_with_squares` names them."""
        rate = float(group["lr"]) / (1 + (stage - 1) * float(group["lr_decay"]))
        return rate, 1.0, 1.0, float(group["eps"])

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare = scratch[0]
        gradient = directed(parameter, gradient, group, spare)
        total = states["sum"]
        total += array.multiply(gradient, gradient, out=spare)
        root = array.sqrt(total, out=spare)
        root += float(group["eps"])
        change = array.divide(gradient, root, out=spare)
        change *= float(group["lr"]) / (1 + (stage - 1) * float(group["lr_decay"]))
        parameter -= change
