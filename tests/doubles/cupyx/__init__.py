"""What CuPy has beyond NumPy, as far as the project and its tests need it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from cupy import linalg as _linalg
from cupy._transfers import DeviceSynchronized, synchronizing


def scatter_add(a: Any, slices: Any, value: Any) -> None:
    """Add values at positions that may repeat."""
    a.scatter_add(slices, value)


def allow_synchronize(allow: bool) -> AbstractContextManager[None]:
    """Allow or forbid the host to wait inside the block."""
    return synchronizing(allow)


def errstate(
    *, divide: Any = None, over: Any = None, under: Any = None, invalid: Any = None, linalg: str | None = None
) -> AbstractContextManager[None]:
    """Have functions of matrices raise inside the block what the device reports, or ignore it."""
    return _linalg.errors(linalg)


__all__ = ["DeviceSynchronized", "allow_synchronize", "errstate", "scatter_add"]
