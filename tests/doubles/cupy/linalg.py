"""Linear algebra of the double: failures are no errors unless `cupyx.errstate(linalg="raise")` asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

import numpy as np

from cupy._memory import device_of_result, is_array, launched
from cupy._transfers import host_waits

# By cuBLAS and cuSOLVER, which report a failure that the host has to read.
REPORTING = "cholesky eig eigh eigvals eigvalsh inv pinv qr solve svd"
COMPUTED = "det matrix_power norm slogdet tensorinv tensorsolve"
WAITING = "cond lstsq matrix_rank"

LinAlgError = np.linalg.LinAlgError


class _Setting(local):
    raises = False


_setting = _Setting()


@contextmanager
def errors(linalg: str | None) -> Iterator[None]:
    """Whether what fails raises inside the block, in this thread, or leaves what is no number."""
    before, _setting.raises = _setting.raises, linalg == "raise"
    try:
        yield
    finally:
        _setting.raises = before


def _lifted(name: str) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        for each in (*args, *keywords.values()):
            if is_array(each) and (each.dtype == np.float16 or each.dtype.kind == "V"):
                raise TypeError(f"{each.dtype} is unsupported in linalg")
        if name == "solve":
            _check_sizes(*args)
        if name in WAITING.split() or (_setting.raises and name in REPORTING.split()):
            host_waits(f"linalg.{name}()")
        try:
            return launched(getattr(np.linalg, name), args, keywords)
        except LinAlgError:
            if _setting.raises:
                raise
            return _no_numbers(name, args[0], keywords)

    call.__name__ = name
    return call


def _check_sizes(a: Any, b: Any) -> None:
    """CuPy broadcasts no batches."""
    if b.ndim > 1 and a.shape[:-1] != b.shape[:-1]:
        raise ValueError("a must have (..., M, M) shape and b must have (..., M, K) for multidimensional b")


def _no_numbers(name: str, matrices: Any, keywords: dict[str, Any]) -> Any:
    """What is left of a batch with a matrix that fails."""
    function = getattr(np.linalg, name)
    unit = np.broadcast_to(np.eye(*matrices.shape[-2:], dtype=matrices.dtype), matrices.shape)
    right = () if name != "solve" else (unit,)
    result = function(unit, *right, **keywords)
    parts = result if isinstance(result, tuple) else (result,)
    lost = [np.full(each.shape, np.nan, each.dtype) for each in parts]
    return device_of_result(type(result)(*lost) if hasattr(result, "_fields") else lost[0])


globals().update({name: _lifted(name) for name in f"{REPORTING} {COMPUTED} {WAITING}".split()})
