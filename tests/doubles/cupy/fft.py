"""Fourier transforms of the double, in NumPy's precisions, which are CuPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cupy._memory import launched

TRANSFORMS = "fft fft2 fftn hfft ifft ifft2 ifftn ihfft irfft irfft2 irfftn rfft rfft2 rfftn"
SHIFTS = "fftshift ifftshift"
FREQUENCIES = "fftfreq rfftfreq"


def _lifted(name: str) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        return launched(getattr(np.fft, name), args, keywords)

    call.__name__ = name
    return call


globals().update({name: _lifted(name) for name in f"{TRANSFORMS} {SHIFTS} {FREQUENCIES}".split()})
