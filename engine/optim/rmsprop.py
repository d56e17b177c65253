"""RMSprop: steps along the gradient over its root mean square, which decays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.kernels.cpu.optimizers_with_squares import squares, squares_with_momentum
from engine.kernels.kernel import Kernel
from engine.optim.direction import average, average_square, directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_rate
from engine.optim.optimizer import Group, Parameters


class RMSprop(FlatOptimizer):
    """RMSprop (torch.optim.RMSprop): v ← αv + (1 − α)g²;  d = g / (√v + ε);  θ ← θ − lr d.

    With momentum b ← μb + d; θ ← θ − lr b. g = ±∇ + λθ. `centered`: a ← αa + (1 − α)g, and v − a², the variance, stands
    for v in d. Raises ValueError for negative values. Hinton, lecture notes of "Neural networks for machine learning",
    2012; Graves, "Generating sequences with recurrent neural networks", 2013.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        demand_rate(lr)
        demand_at_least_zero("epsilon value", eps)
        demand_at_least_zero("momentum value", momentum)
        demand_at_least_zero("weight_decay value", weight_decay)
        demand_at_least_zero("alpha value", alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The mean square; the momentum and the mean, where they are wanted."""
        momentum = ("momentum_buffer",) if group["momentum"] > 0 else ()
        mean = ("grad_avg",) if group["centered"] else ()
        return ("square_avg", *momentum, *mean)

    def cpu_kernel(self, group: Group) -> Kernel | None:
        """The rule in one pass, unless it is centered."""
        if group["centered"]:
            return None
        return squares_with_momentum if group["momentum"] > 0 else squares

    def coefficients(self, group: Group, stage: int) -> tuple[float, ...]:
        """As `optimizers_with_squares` names them."""
        alpha, momentum = float(group["alpha"]), float(group["momentum"])
        values = float(group["lr"]), alpha, 1 - alpha, float(group["eps"])
        return (*values, momentum) if momentum > 0 else values

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare = scratch[0]
        square = states["square_avg"]
        alpha, momentum = float(group["alpha"]), float(group["momentum"])
        gradient = directed(parameter, gradient, group, spare)
        average_square(square, gradient, alpha, spare)
        if group["centered"]:
            mean = states["grad_avg"]
            average(mean, gradient, alpha, spare)
            square = array.subtract(square, array.multiply(mean, mean, out=spare), out=spare)
        root = array.sqrt(square, out=spare)
        root += float(group["eps"])
        change = array.divide(gradient, root, out=spare)
        if momentum > 0:
            velocity = states["momentum_buffer"]
            velocity *= momentum
            velocity += change
            change = velocity
        parameter -= array.multiply(change, float(group["lr"]), out=spare)
