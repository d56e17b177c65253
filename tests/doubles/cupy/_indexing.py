"""Reading and writing by positions, as CuPy does both: out of range wraps around, and masks make the host wait."""

from __future__ import annotations

from typing import Any

import numpy as np

from cupy._memory import check_device, is_array, silently, view_of, wrap
from cupy._transfers import device_receives, host_waits


def getitem(array: Any, key: Any) -> Any:
    """A view for integers, slices and None; a copy where an array is among the positions."""
    positions, advanced = _host_key(key, array.shape)
    if advanced:
        check_device(array)
        return wrap(np.array(array._host[positions]), array._device)
    return view_of(array, array._host[_as_view(positions)])


@silently
def setitem(array: Any, key: Any, value: Any) -> None:
    """Write a number or a device array; raises ValueError for NumPy's arrays and RuntimeError where a GPU races."""
    positions, advanced = _host_key(key, array.shape)
    check_device(array, value if is_array(value) else None)
    if not is_array(value):
        value = _host_value(array, key, value, advanced)
    elif np.may_share_memory(array._host, value._host):
        _check_overlap(array._host if advanced else array._host[_as_view(positions)], value._host)
    source = value._host if is_array(value) else value
    while getattr(source, "ndim", 0) and source.shape[0] == 1:
        source = source.reshape(source.shape[1:])
    array._host[positions if advanced else _as_view(positions)] = source
    if advanced and is_array(value):
        _check_written(array._host[positions], source)


@silently
def scatter(array: Any, key: Any, value: Any, ufunc: np.ufunc, name: str) -> None:
    """Combine values with the elements at positions that may repeat; raises TypeError for types without an atomic."""
    check_device(array, value)
    positions, advanced = _host_key(key, array.shape)
    if advanced and array.dtype.name not in ATOMIC[name]:
        raise TypeError(f"cupy.{name}.at only supports {', '.join(ATOMIC[name])}, as data type; got {array.dtype.name}")
    source = value._host.astype(array.dtype, copy=False) if is_array(value) else value
    ufunc.at(array._host, positions, source)


_WITH_HALF = ("int32", "float16", "float32", "float64", "uint32", "uint64")
_WITHOUT_HALF = ("int32", "float32", "float64", "uint32", "uint64")
_WHOLE = ("int32", "uint32", "uint64", "int64")
ATOMIC = {
    "add": _WITH_HALF,
    "subtract": ("int32", "uint32"),
    "maximum": _WITHOUT_HALF,
    "minimum": _WITHOUT_HALF,
    "bitwise_and": _WHOLE,
    "bitwise_or": _WHOLE,
}


def _host_key(key: Any, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], bool]:
    """The positions for NumPy, and whether there are arrays among them."""
    entries = list(key) if isinstance(key, tuple) else [key]
    entries = [_array_entry(each) for each in entries]
    taken = sum(_dimensions(each) for each in entries)
    if taken > len(shape):
        raise IndexError(f"too many indices for array: array is {len(shape)}-dimensional, but {taken} were indexed")
    place = 0
    for number, each in enumerate(entries):
        if each is Ellipsis:
            place += len(shape) - taken
            continue
        if isinstance(each, np.ndarray) and each.dtype != bool:
            entries[number] = each % shape[place] if shape[place] else each
        place += _dimensions(each)
    return tuple(entries), any(isinstance(each, np.ndarray) for each in entries)


def _as_view(positions: tuple[Any, ...]) -> tuple[Any, ...]:
    """The positions with an ellipsis, without which NumPy answers with a number instead of a 0-d view."""
    return positions if any(each is Ellipsis for each in positions) else (*positions, ...)


def _array_entry(entry: Any) -> Any:
    if is_array(entry):
        check_device(entry)
        if entry.dtype.kind == "b":
            host_waits("a boolean mask as index")
        return entry._host
    if isinstance(entry, list | tuple | bool | np.bool_ | np.ndarray):
        device_receives("positions from the host as index")
        made = np.array(entry)
        if made.dtype.kind == "b":
            host_waits("a boolean mask as index")
        return made.astype("int32") if not made.size and not isinstance(entry, np.ndarray) else made
    return entry


def _dimensions(entry: Any) -> int:
    if entry is None or entry is Ellipsis:
        return 0
    return entry.ndim if isinstance(entry, np.ndarray) and entry.dtype == bool else 1


def _host_value(array: Any, key: Any, value: Any, advanced: bool) -> Any:
    if not isinstance(value, np.ndarray | list | tuple):
        return value
    whole = isinstance(key, slice) and key == slice(None)
    if whole and isinstance(value, np.ndarray):
        if (array.dtype, array.shape) != (value.dtype, value.shape):
            raise ValueError(
                "copying a numpy.ndarray to a cupy.ndarray by empty slice assignment must ensure arrays have same "
                "shape and dtype"
            )
    elif not advanced and np.ndim(value):
        raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
    device_receives("values from the host written into an array")
    return np.asarray(value, array.dtype)


def _check_overlap(target: np.ndarray, source: np.ndarray) -> None:
    same = target.__array_interface__["data"] == source.__array_interface__["data"] and target.strides == source.strides
    if not same and np.shares_memory(target, source):
        raise RuntimeError("undefined on a GPU: an array is copied over itself, and nobody knows in which order")


def _check_written(found: np.ndarray, source: Any) -> None:
    wanted = np.broadcast_to(np.asarray(source).astype(found.dtype), found.shape)
    if not np.array_equal(found, wanted, equal_nan=found.dtype.kind == "f"):
        raise RuntimeError("undefined on a GPU: two values are written to one place, and nobody knows which stays")
