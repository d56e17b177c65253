"""Losses of numbers against numbers, as functions."""

from __future__ import annotations

import math
from typing import Any

from engine.nn.functional.loss_reduction import chosen_reduction, warn_of_broadcast
from engine.ops.elementwise.selection import where
from engine.ops.losses import loss


def l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Any:
    """|input - target|; with weights of the input's shape `mean` divides by their sum."""
    warn_of_broadcast(input, target)
    return loss.l1_loss(input, target, chosen_reduction(reduction, size_average, reduce), weight)


def mse_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Any:
    """(input - target)²; with weights of the input's shape `mean` divides by their sum."""
    warn_of_broadcast(input, target)
    return loss.mse_loss(input, target, chosen_reduction(reduction, size_average, reduce), weight)


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Any:
    """d²/2β below β and |d| - β/2 above it, d = input - target."""
    warn_of_broadcast(input, target)
    return loss.smooth_l1_loss(input, target, chosen_reduction(reduction, size_average, reduce), beta)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """d²/2 below δ and δ(|d| - δ/2) above it, d = input - target; `mean` divides by all elements."""
    warn_of_broadcast(input, target)
    return loss.huber_loss(input, target, reduction, delta, weight)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    """exp(x) - y x, or with log_input=False x - y log(x + eps); `full` adds Stirling's term for y > 1."""
    chosen = chosen_reduction(reduction, size_average, reduce)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        counts = where(target > 1, target, 1.0)
        stirling = counts * counts.log() - counts + 0.5 * (2 * math.pi * counts).log()
        losses = losses + where(target > 1, stirling, 0.0)
    return loss.reduced(losses, chosen)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """(log v + (x - y)² / v) / 2, the variance v at least eps (gradients ignore that); `full` adds log(2π) / 2.

    `var` is a number, has the input's shape, or has one variance for several elements: without the last dimension, or
    with a single dimension of length 1. Raises ValueError for another shape and for negative variances.
    """
    var = _fitted(input.new_full(input.shape, var) if isinstance(var, int | float) else var, input.shape)
    # On a GPU nobody waits to look.
    if var.device.type == "cpu" and bool((var < 0).any()):
        raise ValueError("var has negative entry/entries")
    variance = var + (var.detach().clamp(min=eps) - var.detach())
    losses = 0.5 * (variance.log() + (input - target).square() / variance)
    return loss.reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _fitted(var: Any, shape: tuple[int, ...]) -> Any:
    """Variances that broadcast with an input of `shape`."""
    if var.shape == shape:
        return var
    if var.shape == shape[:-1]:
        return var.unsqueeze(-1)
    if var.ndim == len(shape) and [mine for mine, its in zip(var.shape, shape, strict=True) if mine != its] == [1]:
        return var
    raise ValueError(f"var is of incorrect size: {list(var.shape)} does not fit an input of size {list(shape)}")


__all__ = [
    "gaussian_nll_loss",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]
