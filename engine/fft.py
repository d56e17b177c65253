"""Discrete Fourier transforms (torch.fft)."""

from __future__ import annotations

from typing import Any

from engine.creation import tensor
from engine.ops.signals.fourier_transforms import (
    fft,
    fft2,
    fftn,
    fftshift,
    hfft,
    hfft2,
    hfftn,
    ifft,
    ifft2,
    ifftn,
    ifftshift,
    ihfft,
    ihfft2,
    ihfftn,
    irfft,
    irfft2,
    irfftn,
    rfft,
    rfft2,
    rfftn,
)


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """The frequencies of `fft` of length n with samples d apart, in cycles per unit (torch.fft.fftfreq)."""
    half = (n + 1) // 2
    cycles = [*range(half), *range(half - n, 0)]
    return tensor([each / (n * d) for each in cycles], dtype=dtype, device=device, requires_grad=requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """The frequencies of `rfft` of length n with samples d apart, in cycles per unit (torch.fft.rfftfreq)."""
    cycles = range(n // 2 + 1)
    return tensor([each / (n * d) for each in cycles], dtype=dtype, device=device, requires_grad=requires_grad)


__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]
