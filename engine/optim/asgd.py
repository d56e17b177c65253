"""ASGD: descent with a mean of the parameters on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.optim.direction import directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_rate
from engine.optim.optimizer import Group, Parameters


class ASGD(FlatOptimizer):
    """Averaged SGD (torch.optim.ASGD): θ ← (1 − λη)θ − ηg;  a ← a + μ(θ − a).

    g = ±∇ + `weight_decay` θ and λ = `lambd`. After update t the next has η = lr / (1 + λ lr t)^α and μ = 1 / max(1, t
    − t0): the mean, `ax` in the state, begins at t0. Raises ValueError for negative values. Polyak and Juditsky,
    "Acceleration of stochastic approximation by averaging", 1992.
    """

    numbers = ("step", "eta", "mu")

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        demand_rate(lr)
        demand_at_least_zero("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The mean of the parameters."""
        return ("ax",)

    def start(self, group: Group, name: str) -> float:
        """The first update has η = lr and μ = 1."""
        return {"eta": float(group["lr"]), "mu": 1.0}.get(name, 0.0)

    def turn(self, group: Group, numbers: dict[str, Any]) -> Sequence[tuple[float, float]]:
        """η and μ of this update; those of the next take their place."""
        current = list(zip(numbers["eta"].tolist(), numbers["mu"].tolist(), strict=True))
        lr, lambd, alpha, t0 = (float(group[name]) for name in ("lr", "lambd", "alpha", "t0"))
        steps = super().turn(group, numbers)
        numbers["eta"][...] = [lr / (1 + lambd * lr * step) ** alpha for step in steps]
        numbers["mu"][...] = [1 / max(1, step - t0) for step in steps]
        return current

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare = scratch[0]
        rate, weight = stage
        mean = states["ax"]
        gradient = directed(parameter, gradient, group, spare)
        parameter *= 1 - float(group["lambd"]) * rate
        parameter -= array.multiply(gradient, rate, out=spare)
        if weight == 1:
            mean[...] = parameter
        else:
            change = array.subtract(parameter, mean, out=spare)
            change *= weight
            mean += change
