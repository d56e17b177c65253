"""Windows that are sums of cosines: Hann, Hamming, Blackman, Nuttall and the like."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from engine.signal.windows.positions import window


def _cosine_sum(
    name: str, a: Iterable[float], M: int, sym: bool, dtype: Any, layout: Any, device: Any, requires_grad: bool
) -> Any:
    def formula(k: Any, last: int) -> Any:
        terms = [(-1) ** order * factor * (k * (2 * math.pi * order / last)).cos() for order, factor in enumerate(a)]
        return sum(terms[1:], terms[0])

    return window(name, formula, M, sym, dtype, layout, device, requires_grad)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`Σ (-1)^i a_i cos(2π i k / (M - 1))` for the factors `a`.

    Raises TypeError for an `a` that is no sequence, ValueError for an empty one (torch.signal.windows.general_cosine).
    """
    if not isinstance(a, Iterable):
        raise TypeError(f"Coefficients must be a list/tuple, got {type(a).__name__} {a!r}")
    factors = tuple(a)
    if not factors:
        raise ValueError(f"Coefficients cannot be empty, got a={a!r}")
    return _cosine_sum("general_cosine", factors, M, sym, dtype, layout, device, requires_grad)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`alpha - (1 - alpha) cos(2π k / (M - 1))` (torch.signal.windows.general_hamming)."""
    return _cosine_sum("general_hamming", (alpha, 1 - alpha), M, sym, dtype, layout, device, requires_grad)


def hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`0.54 - 0.46 cos(2π k / (M - 1))` (torch.signal.windows.hamming)."""
    return _cosine_sum("hamming", (0.54, 0.46), M, sym, dtype, layout, device, requires_grad)


def hann(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`(1 - cos(2π k / (M - 1))) / 2` (torch.signal.windows.hann)."""
    return _cosine_sum("hann", (0.5, 0.5), M, sym, dtype, layout, device, requires_grad)


def blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A sum of three cosines (torch.signal.windows.blackman)."""
    return _cosine_sum("blackman", (0.42, 0.5, 0.08), M, sym, dtype, layout, device, requires_grad)


def nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A sum of four cosines; Nuttall, "Some windows with very good sidelobe behavior", 1981 (torch.signal.windows)."""
    factors = (0.3635819, 0.4891775, 0.1365995, 0.0106411)
    return _cosine_sum("nuttall", factors, M, sym, dtype, layout, device, requires_grad)
