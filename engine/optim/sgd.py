"""SGD: steps along the gradient, with momentum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero
from engine.optim.optimizer import Group, Parameters


class SGD(FlatOptimizer):
    """Stochastic gradient descent (torch.optim.SGD).

    `foreach` and `fused` choose between kernels in PyTorch; here they are accepted and mean nothing, for one rule
    serves all. Raises ValueError for negative values and for Nesterov momentum without momentum or with dampening.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        demand_at_least_zero("learning rate", lr)
        demand_at_least_zero("momentum value", momentum)
        demand_at_least_zero("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                "Nesterov momentum requires a momentum and zero dampening, "
                f"got momentum={momentum}, dampening={dampening}"
            )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def state_names(self, group: Group) -> tuple[str, ...]:
        """The momentum, where there is any."""
        return ("momentum_buffer",) if group["momentum"] else ()

    def stage(self, step: int) -> int:
        """1 at the first update with momentum, then 2."""
        return min(step, 2)

    def update(
        self, group: Group, stage: int, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        descend(
            parameter,
            gradient,
            states.get("momentum_buffer"),
            scratch,
            first=stage == 1,
            lr=float(group["lr"]),
            momentum=float(group["momentum"]),
            dampening=float(group["dampening"]),
            weight_decay=float(group["weight_decay"]),
            nesterov=group["nesterov"],
            maximize=group["maximize"],
        )


def descend(
    parameter: Any,
    gradient: Any,
    velocity: Any,
    scratch: Sequence[Any],
    *,
    first: bool,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> None:
    """SGD: g = ±∇ + λθ;  v ← μv + (1 − τ)g, at first v ← g;  θ ← θ − lr · (g + μv by Nesterov, else v).

    Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, in PyTorch's form.
    """
    array = xp(parameter)
    kept, spare = scratch
    if maximize:
        gradient = array.negative(gradient, out=kept)
    if weight_decay:
        gradient = array.add(gradient, array.multiply(parameter, weight_decay, out=spare), out=kept)
    if momentum:
        if first:
            velocity[...] = gradient
        else:
            velocity *= momentum
            velocity += array.multiply(gradient, 1 - dampening, out=spare)
        if nesterov:
            gradient = array.add(gradient, array.multiply(velocity, momentum, out=spare), out=kept)
        else:
            gradient = velocity
    parameter -= array.multiply(gradient, lr, out=spare)
