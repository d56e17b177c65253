"""PyTorch's older windows, periodic by default: torch.hann_window and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.backend.dtype import as_dtype, float64, get_default_dtype
from engine.signal.windows.cosine_sums import blackman, general_cosine, hann
from engine.signal.windows.shapes import bartlett, kaiser


def _window(
    name: str,
    made: Callable[..., Any],
    window_length: int,
    periodic: bool,
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: bool,
    **settings: Any,
) -> Any:
    """A window of any floating type; raises RuntimeError for others, a negative length and a layout of sparse ones."""
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    if layout is not None and "sparse" in str(layout):
        raise RuntimeError(f"{name} is not implemented for sparse types, got: {layout}")
    if not kind.is_floating_point:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {kind}")
    if window_length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={window_length}")
    points = made(window_length, sym=not periodic, dtype=float64, device=device, **settings)
    return points.to(kind).requires_grad_(requires_grad)


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`(1 - cos(2π k / N)) / 2`, N one less for a window that is not periodic (torch.hann_window)."""
    return _window("hann_window", hann, window_length, periodic, dtype, layout, device, requires_grad)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`alpha - beta cos(2π k / N)`, N one less for a window that is not periodic (torch.hamming_window)."""
    return _window(
        "hamming_window",
        general_cosine,
        window_length,
        periodic,
        dtype,
        layout,
        device,
        requires_grad,
        a=(alpha, beta),
    )


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A sum of three cosines (torch.blackman_window)."""
    return _window("blackman_window", blackman, window_length, periodic, dtype, layout, device, requires_grad)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A triangle (torch.bartlett_window)."""
    return _window("bartlett_window", bartlett, window_length, periodic, dtype, layout, device, requires_grad)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Kaiser's window of shape `beta` (torch.kaiser_window)."""
    return _window(
        "kaiser_window", kaiser, window_length, periodic, dtype, layout, device, requires_grad, beta=abs(beta)
    )
