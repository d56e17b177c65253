"""What optimizers demand of their numbers and switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from engine.autograd.tensor_base import TensorBase


def demand_at_least_zero(name: str, value: Any) -> None:
    """Raise ValueError for a negative number or NaN."""
    if not value >= 0:
        raise ValueError(f"Invalid {name}: {value}; 0 or more is expected")


def demand_rate(lr: Any) -> None:
    """Raise ValueError for a learning rate below 0, or one that is a tensor of more than one element."""
    demand_one_element("lr", lr)
    demand_at_least_zero("learning rate", lr)


def demand_one_element(name: str, value: Any) -> None:
    """Raise ValueError for a tensor that holds more or less than one number."""
    if isinstance(value, TensorBase) and prod(value.shape) != 1:
        raise ValueError(f"Tensor {name} must be 1-element, but its shape is {tuple(value.shape)}")


def demand_betas(betas: Sequence[Any]) -> None:
    """Raise ValueError for decay rates outside [0, 1)."""
    for position, beta in enumerate(betas):
        demand_one_element(f"betas[{position}]", beta)
        if not 0 <= beta < 1:
            raise ValueError(
                f"Invalid beta parameter at index {position}: {beta}; a number from 0 to below 1 is expected"
            )


def refuse_switches(name: str, defaults: Mapping[str, Any]) -> None:
    """Raise for switches that exclude each other, and for `differentiable`, which no update here is."""
    if defaults.get("differentiable"):
        if defaults.get("fused"):
            raise RuntimeError("`fused` does not support `differentiable`")
        raise ValueError(f"{name}: differentiable=True is not supported; leave it out")
    if defaults.get("fused") and defaults.get("foreach"):
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    if isinstance(defaults.get("lr"), TensorBase) and defaults.get("foreach") and not defaults.get("capturable", True):
        raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
