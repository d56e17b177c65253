"""Losses as functions."""

from __future__ import annotations

import math
from typing import Any

from engine.ops.activation import logsigmoid
from engine.ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    reduced,
    smooth_l1_loss,
)
from engine.ops.selection import where


def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    """exp(x) - y x, or with log_input=False x - y log(x + eps); `full` adds Stirling's term for y > 1."""
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        counts = where(target > 1, target, 1.0)
        stirling = counts * counts.log() - counts + 0.5 * (2 * math.pi * counts).log()
        losses = losses + where(target > 1, stirling, 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """(log v + (x - y)² / v) / 2, the variance v at least eps (gradients ignore that); `full` adds log(2π) / 2."""
    if isinstance(var, int | float):
        var = input.new_full(input.shape, var)
    variance = var + (var.detach().clamp(min=eps) - var.detach())
    losses = 0.5 * (variance.log() + (input - target).square() / variance)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """log(1 + exp(-y x)) for y of -1 or 1."""
    return reduced(-logsigmoid(target * input), reduction)


__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]
