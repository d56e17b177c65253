"""Device arrays from what the host has, and back; and questions that a device array answers without its values."""

from __future__ import annotations

from typing import Any

import numpy as np

from cupy._functions import _has_array
from cupy._memory import BFLOAT16, check_device, host_of, is_array, launched, wrap
from cupy._transfers import device_receives, host_waits
from cupy.cuda import Device


def array(
    obj: Any,
    dtype: Any = None,
    copy: Any = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    *,
    blocking: bool = False,
) -> Any:
    """A device array of a device array, of a NumPy array or of nested lists, on the current device."""
    if is_array(obj):
        moved = obj._device.id != Device().id
        if moved and obj.size and not obj.flags.forc:
            raise NotImplementedError("CuPy cannot copy non-contiguous array between devices.")
        host = np.array(obj._host, dtype, copy=True if moved else copy, order=order or "K", ndmin=ndmin)  # type: ignore[call-overload]
        return obj if host is obj._host else wrap(host)
    if _has_array(obj):
        check_device(obj)
        return wrap(np.array(host_of(obj), dtype, ndmin=ndmin))
    if isinstance(obj, np.ndarray) and copy is False:
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    device_receives("array()")
    made = np.array(obj, dtype, ndmin=ndmin)
    if made.dtype.kind not in "biufc" and made.dtype != BFLOAT16:
        raise ValueError(f"Unsupported dtype {made.dtype}")
    return wrap(made)


def asarray(a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None, blocking: bool = False) -> Any:
    """A device array without a copy where it is one on the current device already."""
    return array(a, dtype, copy, order, blocking=blocking)


def asnumpy(a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True) -> np.ndarray:
    """A copy in the host's memory; a NumPy array is given back."""
    return a.get(stream, order, out, blocking) if is_array(a) else np.asarray(a)


def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = None) -> None:
    """Write into an array; `where` is a device array."""
    check_device(dst, src if is_array(src) else None, where)
    if where is None:
        dst[...] = src
    else:
        np.copyto(dst._host, host_of(src), casting=casting, where=host_of(where))  # type: ignore[arg-type]


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """One of two values an element; with the condition alone, its positions, for which the host waits."""
    if not is_array(condition):
        raise AttributeError(f"{type(condition).__name__!r} object has no attribute 'astype'")
    if x is None or y is None:
        return condition.nonzero()
    return launched(np.where, (condition, x, y), {})


def nonzero(a: Any) -> Any:
    """The positions of what isn't zero."""
    return a.nonzero()


def flatnonzero(a: Any) -> Any:
    """The positions of what isn't zero, counted through all dimensions."""
    return a.ravel().nonzero()[0]


def argwhere(a: Any) -> Any:
    """The positions of what isn't zero, one a row."""
    host_waits("argwhere()")
    return launched(np.argwhere, (a,), {})


def sort(a: Any, axis: Any = -1, kind: Any = None) -> Any:
    """A stably sorted copy."""
    made = a.flatten() if axis is None else a.copy()
    made.sort(-1 if axis is None else axis, kind)
    return made


def argsort(a: Any, axis: Any = -1, kind: Any = None) -> Any:
    """The positions that sort, stably."""
    return a.argsort(axis, kind)


def matmul(x1: Any, x2: Any, out: Any = None, **others: Any) -> Any:
    """The matrix product."""
    if others or not (is_array(x1) and is_array(x2)):
        raise TypeError(f"matmul() takes two device arrays and out, got {type(x1)}, {type(x2)} and {others}")
    return launched(np.matmul, (x1, x2), {} if out is None else {"out": out})


def result_type(*arrays_and_dtypes: Any) -> Any:
    """The type that NumPy's promotion gives."""
    return np.result_type(*map(host_of, arrays_and_dtypes))


def shares_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    """Whether two arrays have an element in common."""
    return np.shares_memory(a._host, b._host, max_work)


def may_share_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    """Whether the memory of two arrays overlaps in bounds."""
    return np.may_share_memory(a._host, b._host, max_work)


def ndim(a: Any) -> int:
    """How many dimensions there are."""
    return a.ndim if is_array(a) else np.ndim(a)


def get_array_module(*args: Any) -> Any:
    """This package where a device array is among the arguments, else NumPy."""
    import cupy  # The package's own name, bound only after this file has run.

    return cupy if any(is_array(each) for each in args) else np
