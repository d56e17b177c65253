"""Rprop: each element has a step size of its own, which follows the signs of its gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.optim.direction import directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_rate
from engine.optim.optimizer import Group, Parameters


class Rprop(FlatOptimizer):
    """Rprop (torch.optim.Rprop): θ ← θ − sign(g) s.

    s begins with lr, grows by the second of `etas` where g has the sign that it had before, shrinks by the first where
    that changed, and stays within `step_sizes`; where it shrank g counts as 0. Raises ValueError for a negative rate
    and etas that are not below and above 1. Riedmiller and Braun, "A direct adaptive method for faster backpropagation
    learning", 1993.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        demand_rate(lr)
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}; 0 < first < 1 < second is expected")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The gradient before, and the step sizes."""
        return "prev", "step_size"

    def start(self, group: Group, name: str) -> float:
        """All step sizes begin with the rate."""
        return float(group["lr"]) if name == "step_size" else 0.0

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare = scratch[0]
        previous, size = states["prev"], states["step_size"]
        shrinking, growing = map(float, group["etas"])
        smallest, largest = map(float, group["step_sizes"])
        gradient = directed(parameter, gradient, group, spare)
        agreement = array.multiply(gradient, previous, out=spare)
        turned = agreement < 0
        grown = array.where(agreement > 0, size * growing, size)
        size[...] = array.clip(array.where(turned, size * shrinking, grown), smallest, largest)
        previous[...] = array.where(turned, 0, gradient)
        change = array.sign(previous, out=spare)
        change *= size
        parameter -= change
