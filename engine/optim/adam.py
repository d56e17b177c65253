"""Adam: steps along the mean gradient over the root of the mean square, both decaying."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.backend.namespace import xp
from engine.optim.flat_optimizer import FlatOptimizer
from engine.optim.hyperparameters import demand_at_least_zero, demand_beta
from engine.optim.optimizer import Group, Parameters


class Adam(FlatOptimizer):
    """Adam (torch.optim.Adam); with `decoupled_weight_decay`, AdamW.

    `foreach` and `fused` choose between kernels in PyTorch; here they are accepted and mean nothing, for one rule
    serves all. Raises ValueError for negative values, betas outside [0, 1), and `capturable` or `differentiable`.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
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
        demand_at_least_zero("learning rate", lr)
        demand_at_least_zero("epsilon value", eps)
        demand_at_least_zero("weight_decay value", weight_decay)
        for position, beta in enumerate(betas):
            demand_beta(position, beta)
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

    def state_names(self, group: Group) -> tuple[str, ...]:
        """The count of updates and the two means, with AMSGrad also the largest mean square."""
        names = ("step", "exp_avg", "exp_avg_sq")
        return (*names, "max_exp_avg_sq") if group["amsgrad"] else names

    def update(
        self, group: Group, stage: int, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule with the group's values."""
        adapt(
            parameter,
            gradient,
            states["exp_avg"],
            states["exp_avg_sq"],
            states.get("max_exp_avg_sq"),
            scratch,
            step=stage,
            lr=float(group["lr"]),
            betas=(float(group["betas"][0]), float(group["betas"][1])),
            eps=float(group["eps"]),
            weight_decay=float(group["weight_decay"]),
            decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )


def adapt(
    parameter: Any,
    gradient: Any,
    mean: Any,
    square: Any,
    largest: Any,
    scratch: Sequence[Any],
    *,
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> None:
    """Adam: m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  θ ← θ − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).

    g = ±∇ + λθ, or, decoupled, θ ← (1 − lr λ)θ first. With `largest`, its maximum with v stands for v. Kingma and Ba,
    "Adam", ICLR 2015; Reddi et al., "On the convergence of Adam", ICLR 2018; Loshchilov and Hutter, "Decoupled weight
    decay regularization", ICLR 2019.
    """
    array = xp(parameter)
    kept, spare = scratch
    first_beta, second_beta = betas
    if maximize:
        gradient = array.negative(gradient, out=kept)
    if weight_decay and decoupled:
        parameter *= 1 - lr * weight_decay
    elif weight_decay:
        gradient = array.add(gradient, array.multiply(parameter, weight_decay, out=spare), out=kept)
    mean *= first_beta
    mean += array.multiply(gradient, 1 - first_beta, out=spare)
    square *= second_beta
    array.multiply(gradient, 1 - second_beta, out=spare)
    square += array.multiply(spare, gradient, out=spare)
    if largest is not None:
        square = array.maximum(largest, square, out=largest)
    root = array.sqrt(square, out=spare)
    root /= math.sqrt(1 - second_beta**step)
    root += eps
    change = array.divide(mean, root, out=spare)
    change *= lr / (1 - first_beta**step)
    parameter -= change
