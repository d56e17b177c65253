"""The momentum that cycling schedules turn: SGD's, or Adam's first beta."""

from __future__ import annotations

from engine.optim.optimizer import Group, Optimizer


def demand_momentum(optimizer: Optimizer) -> None:
    """Raise ValueError for an optimizer that has no momentum to cycle."""
    if not {"momentum", "betas"} & set(optimizer.defaults):
        raise ValueError(
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled; "
            f"{type(optimizer).__name__} has neither"
        )


def set_momentum(group: Group, momentum: float) -> None:
    """Set a group's momentum, or Adam's first beta."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
