"""Linear algebra of the double."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cupy._memory import launched
from cupy._transfers import host_waits

COMPUTED = "cholesky det eigh eigvalsh inv norm pinv qr slogdet solve svd tensorinv tensorsolve matrix_power"
WAITING = "cond lstsq matrix_rank"

LinAlgError = np.linalg.LinAlgError


def _lifted(name: str) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        if name in WAITING.split():
            host_waits(f"linalg.{name}()")
        return launched(getattr(np.linalg, name), args, keywords)

    call.__name__ = name
    return call


globals().update({name: _lifted(name) for name in f"{COMPUTED} {WAITING}".split()})
