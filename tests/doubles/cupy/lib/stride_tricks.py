"""Views by strides; unlike NumPy's, always writeable and without that choice."""

from __future__ import annotations

from typing import Any

import numpy as np

from cupy._memory import view_of
from cupy._transfers import host_waits


def as_strided(x: Any, shape: Any = None, strides: Any = None) -> Any:
    """A view of this shape and these strides; nobody checks that it stays inside the memory."""
    return view_of(x, np.lib.stride_tricks.as_strided(x._host, shape, strides))


def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """A view of all windows. CuPy makes an array of the window's shape and reads it back, so the host waits."""
    if writeable:
        raise NotImplementedError("Writeable views are not supported.")
    host_waits("sliding_window_view")
    return view_of(x, np.lib.stride_tricks.sliding_window_view(x._host, window_shape, axis))
