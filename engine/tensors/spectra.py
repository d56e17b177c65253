"""Tensor's spectra over time."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops.signals import short_time_fourier


class Spectra(TensorBase):
    """Tensor's spectra over time."""

    __slots__ = ()

    def stft(self, n_fft: int, *args: Any, **options: Any) -> Any:
        """The spectra of windows of n_fft samples (torch.stft)."""
        return short_time_fourier.stft(self, n_fft, *args, **options)

    def istft(self, n_fft: int, *args: Any, **options: Any) -> Any:
        """The signal that has such spectra (torch.istft)."""
        return short_time_fourier.istft(self, n_fft, *args, **options)
