"""SGD: steps along the gradient, with momentum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.kernels.cpu.optimizers import descent, descent_with_momentum
from engine.kernels.kernel import Kernel
from engine.optim.direction import directed
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_rate
from engine.optim.optimizer import Group, Parameters


class SGD(FlatOptimizer):
    """SGD (torch.optim.SGD): v ← μv + (1 − τ)g, at first v ← g;  θ ← θ − lr · (g + μv by Nesterov, else v).

    g = ±∇ + λθ; μ is `momentum`, τ `dampening`, λ `weight_decay`. Raises ValueError for negative values and for
    Nesterov momentum without momentum or with dampening. Sutskever et al., "On the importance of initialization and
    momentum in deep learning", ICML 2013, in PyTorch's form.
    """

    numbers = ()

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-3,
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
        demand_rate(lr)
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

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The momentum, where there is any."""
        return ("momentum_buffer",) if group["momentum"] else ()

    def turn(self, group: Group, numbers: dict[str, Any]) -> Sequence[bool]:
        """Whether this is a parameter's first update with momentum."""
        numbers["step"] += 1
        return [step == 1 for step in numbers["step"].tolist()]

    def cpu_kernel(self, group: Group) -> Kernel:
        """The rule in one pass."""
        return descent_with_momentum if group["momentum"] else descent

    def coefficients(self, group: Group, stage: bool | None) -> tuple[float, ...]:
        """As `optimizers` names them."""
        rate, momentum = float(group["lr"]), float(group["momentum"])
        if not momentum:
            return (rate,)
        own, carried = (1.0, momentum) if group["nesterov"] else (0.0, 1.0)
        return (
            (rate, 0.0, 1.0, own, carried) if stage else (rate, momentum, 1 - float(group["dampening"]), own, carried)
        )

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        array = xp(parameter)
        spare = scratch[0]
        momentum = float(group["momentum"])
        gradient = directed(parameter, gradient, group, spare)
        if momentum:
            velocity = states["momentum_buffer"]
            if stage:
                velocity[...] = gradient
            else:
                velocity *= momentum
                velocity += array.multiply(gradient, 1 - float(group["dampening"]), out=spare)
            if group["nesterov"]:
                gradient += array.multiply(velocity, momentum, out=spare)
            else:
                gradient = velocity
        parameter -= array.multiply(gradient, float(group["lr"]), out=spare)
