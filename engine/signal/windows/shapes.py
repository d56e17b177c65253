"""Windows of other shapes: triangle, half wave, bell, exponential and Kaiser's."""

from __future__ import annotations

import math
from typing import Any

from engine.ops.elementwise.bessel import i0
from engine.signal.windows.positions import window


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A triangle, `1 - |2k / (M - 1) - 1|` (torch.signal.windows.bartlett)."""

    def triangle(k: Any, last: int) -> Any:
        return 1 - (k * (2 / last) - 1).abs()

    return window("bartlett", triangle, M, sym, dtype, layout, device, requires_grad)


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Half a wave, `sin(π (k + 1/2) / M)` (torch.signal.windows.cosine)."""

    def half_wave(k: Any, last: int) -> Any:
        return ((k + 0.5) * (math.pi / (last + 1))).sin()

    return window("cosine", half_wave, M, sym, dtype, layout, device, requires_grad)


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`exp(-|k - center| / tau)`, by default around the middle.

    Raises ValueError for a tau that is not positive and a center of a symmetric window
    (torch.signal.windows.exponential).
    """
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError(f"Center must be None for symmetric windows, got {center}")

    def peak(k: Any, last: int) -> Any:
        middle = last / 2 if center is None else center
        return ((k - middle).abs() * (-1 / tau)).exp()

    return window("exponential", peak, M, sym, dtype, layout, device, requires_grad)


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A bell, `exp(-((k - (M - 1) / 2) / std)² / 2)`; ValueError for a std that is not positive (torch.signal)."""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")

    def bell(k: Any, last: int) -> Any:
        return (((k - last / 2) / std).square() * -0.5).exp()

    return window("gaussian", bell, M, sym, dtype, layout, device, requires_grad)


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`I₀(beta sqrt(1 - (2k / (M - 1) - 1)²)) / I₀(beta)`; ValueError for a negative beta (torch.signal.windows)."""
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")

    def arch(k: Any, last: int) -> Any:
        across = k * (2 / last) - 1
        return i0((1 - across.square()).clamp(0).sqrt() * beta) / i0(across.new_full((), beta))

    return window("kaiser", arch, M, sym, dtype, layout, device, requires_grad)
