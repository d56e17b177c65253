"""What all windows share: where their points lie, and how they become tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.backend.dtype import as_dtype, float32, float64, get_default_dtype
from engine.creation import arange


def window(
    name: str,
    formula: Callable[[Any, int], Any],
    M: int,
    sym: bool,
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: bool,
) -> Any:
    """The window `formula(k, last)` at k = 0 to M - 1, where `last` is the point at which it would end.

    That is M - 1, or M for a window that is to be repeated (`sym` false). Raises ValueError for a negative M, another
    layout than strided and another dtype than float32 and float64.
    """
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not None and str(layout).rpartition(".")[2] != "strided":
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if kind not in (float32, float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {kind}")
    points = arange(M, dtype=float64, device=device)
    last = M if not sym and M > 1 else M - 1
    made = formula(points, last) if M > 1 else points + 1
    return made.to(kind).requires_grad_(requires_grad)
