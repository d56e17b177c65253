"""Muon: steps along the momentum of a matrix with all its singular values brought near one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.autograd.in_place import copy_into
from engine.autograd.modes import enable_grad, host_read
from engine.autograd.tensor_base import wrap
from engine.backend.dtype import bfloat16
from engine.backend.namespace import using, xp
from engine.optim.hyperparameters import demand_one_element
from engine.optim.optimizer import Closure, Group, Optimizer, Parameters

RATES = ("original", "match_rms_adamw")


class Muon(Optimizer):
    """Muon (torch.optim.Muon), for matrices alone: m ← μm + (1 − μ)∇;  θ ← (1 − lr λ)θ − lr' NS(m).

    With `nesterov` (1 − μ)∇ + μm stands for m in NS, the Newton-Schulz iteration of `orthogonalized`. lr' is lr √max(1,
    rows / columns), or with `match_rms_adamw` 0.2 lr √max(rows, columns). Raises ValueError for negative values and
    parameters that are no matrices. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; Liu
    et al., "Muon is scalable for LLM training", 2025.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        demand_one_element("lr", lr)
        for name, value in {"Learning rate": lr, "momentum": momentum, "weight decay": weight_decay}.items():
            if not value >= 0:
                raise ValueError(f"{name} should be >= 0 but is: {value}")
        if adjust_lr_fn is not None and adjust_lr_fn not in RATES:
            raise ValueError(
                f"Adjust learning rate function {adjust_lr_fn} is not supported; it takes {', '.join(RATES)}"
            )
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: Group) -> None:
        """Let the optimizer update more matrices, with values of their own."""
        super().add_param_group(param_group)
        for tensor in param_group["params"]:
            if tensor.ndim != 2:
                self.param_groups.pop()
                raise ValueError(
                    f"Muon only supports 2D parameters whereas we found a parameter with size: {tuple(tensor.shape)}"
                )

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient; returns what `closure`, which recomputes the loss, returns."""
        host_read("an optimizer step")
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with np.errstate(all="ignore"):
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.gradient is not None:
                        with using(parameter.device):
                            self._update(group, parameter)
        return loss

    def _update(self, group: Group, parameter: Any) -> None:
        if parameter.dtype.is_complex:
            raise RuntimeError("Muon does not support complex parameters")
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            zeros = xp(parameter.array).zeros_like(parameter.array)
            state["momentum_buffer"] = wrap(parameter.result_class, zeros)
        lr, momentum = float(group["lr"]), float(group["momentum"])
        gradient, mean = widened(parameter.gradient.array), widened(state["momentum_buffer"].array)
        mean = between(mean, gradient, 1 - momentum)
        copy_into(state["momentum_buffer"], mean)
        if group["nesterov"]:
            mean = between(gradient, mean, momentum)
        change = orthogonalized(mean, group["ns_coefficients"], group["ns_steps"], group["eps"])
        kept = widened(parameter.array) * (1 - lr * float(group["weight_decay"]))
        rate = adjusted(lr, group["adjust_lr_fn"], parameter.shape)
        copy_into(parameter, kept - rate * change.astype(kept.dtype))


def orthogonalized(
    matrix: Any, coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315), steps: int = 5, eps: float = 1e-7
) -> Any:
    """U S' Vᵀ of a matrix U S Vᵀ, with S' about one: X ← aX + (bA + cA²)X with A = XXᵀ, from X / ‖X‖.

    Coefficients are chosen to grow small singular values fast, so S' ends between 0.5 and 1.5. Each step is rounded to
    bfloat16, which is what the update has. Raises ValueError for 100 steps or more, and for other than three
    coefficients.
    """
    if steps >= 100:
        raise ValueError(f"Number of steps must be less than 100 for computational efficiency, got {steps}")
    if len(coefficients) != 3:
        raise ValueError(f"Coefficients must be a tuple of exactly 3 values, got {coefficients}")
    a, b, c = coefficients
    turned = matrix.shape[0] > matrix.shape[1]
    x = rounded(matrix.T if turned else matrix)
    norm = rounded(xp(x).sqrt((x * x).sum()))
    x = rounded(x / xp(x).maximum(norm, rounded(xp(x).asarray(eps))))
    for _ in range(steps):
        gram = rounded(x @ x.T)
        x = rounded(a * x + rounded(b * gram + c * (gram @ gram)) @ x)
    return x.T if turned else x


def between(start: Any, end: Any, weight: float) -> Any:
    """The mean of two, counted from the nearer one: what is rounded to bfloat16 is PyTorch's to the last bit."""
    return start + weight * (end - start) if weight < 0.5 else end - (end - start) * (1 - weight)


def adjusted(lr: float, way: str | None, shape: tuple[int, ...]) -> float:
    """The rate for a matrix of this shape."""
    rows, columns = shape
    if way == "match_rms_adamw":
        return lr * 0.2 * math.sqrt(max(rows, columns))
    return lr * math.sqrt(max(1, rows / columns))


def rounded(array: Any) -> Any:
    """The values that bfloat16 can tell apart, in float32."""
    return array.astype(bfloat16.numpy).astype(np.float32)


def widened(array: Any) -> Any:
    """Elements of two bytes as float32, others as they are."""
    return array.astype(np.float32) if array.dtype.itemsize == 2 else array
