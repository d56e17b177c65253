"""What CuPy has beyond NumPy, as far as the project and its tests need it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from cupy._transfers import DeviceSynchronized, synchronizing


def scatter_add(a: Any, slices: Any, value: Any) -> None:
    """Add values at positions that may repeat."""
    a.scatter_add(slices, value)


def allow_synchronize(allow: bool) -> AbstractContextManager[None]:
    """Allow or forbid the host to wait inside the block."""
    return synchronizing(allow)


__all__ = ["DeviceSynchronized", "allow_synchronize", "scatter_add"]
