"""Device arrays around NumPy ones: how values enter a computation on a device, and how results leave it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np

from cupy.cuda import Device

_classes: dict[str, Any] = {}

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
# CuPy moves bfloat16 and has elementwise functions of it; other functions take it here and there, so none do here.
_MOVING = """
array_split ascontiguousarray asfortranarray astype atleast_1d atleast_2d atleast_3d broadcast_arrays broadcast_to
column_stack concatenate copy diagonal empty_like expand_dims flatten flip fliplr flipud full_like hsplit hstack
matrix_transpose moveaxis ones_like permute_dims ravel repeat reshape roll rollaxis rot90 split squeeze stack swapaxes
take take_along_axis tile transpose vsplit vstack where zeros_like
"""
MOVES = frozenset(_MOVING.split())

# A GPU divides by zero without a word.
silently = np.errstate(all="ignore")


def array_class(made: type) -> type:
    """Make the class of device arrays known here, below it."""
    _classes["ndarray"] = made
    return made


def is_array(value: Any) -> bool:
    """Whether a value is a device array."""
    return isinstance(value, _classes["ndarray"])


def wrap(host: np.ndarray, device: Device | None = None, base: Any = None) -> Any:
    """A device array over the memory of a NumPy one, on the current device by default; `base` is what it views."""
    made = object.__new__(_classes["ndarray"])
    made._host = writeable(np.asarray(host))
    made._device = Device() if device is None else device
    made._base = base
    return made


def view_of(source: Any, host: np.ndarray) -> Any:
    """A device array that views another one, whose base is the base of all its views."""
    return wrap(host, source._device, source if source._base is None else source._base)


def _owner(host: Any) -> Any:
    while isinstance(host.base, np.ndarray):
        host = host.base
    return host


def writeable(host: np.ndarray) -> np.ndarray:
    """The same memory without NumPy's protection of views such as diagonals, which CuPy doesn't have."""
    owner: Any = host
    while not owner.flags.writeable and isinstance(owner.base, np.ndarray):
        owner = owner.base
    if host.flags.writeable or not (owner.flags.writeable and owner.flags.c_contiguous):
        return host
    start = host.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return np.ndarray(host.shape, host.dtype, owner.reshape(-1).view(np.uint8), start, host.strides)


def arrays_in(value: Any) -> Iterator[Any]:
    """The device arrays among arguments, nested ones included; raises TypeError for NumPy's, which no kernel takes."""
    if is_array(value):
        yield value
    elif isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    elif isinstance(value, list | tuple):
        for each in value:
            yield from arrays_in(each)
    elif isinstance(value, dict):
        yield from arrays_in(list(value.values()))


def check_device(*values: Any) -> None:
    """Raise ValueError for arrays that don't live on the current device, and TypeError for NumPy's arrays."""
    current = Device().id
    for each in arrays_in(values):
        if each._device.id != current:
            raise ValueError(
                f"The device where the array resides ({each._device.id}) is different from the current device "
                f"({current}). Peer access is unavailable between these devices."
            )


def refuse_bfloat16(function: Any, values: Any) -> None:
    """Raise TypeError for arrays of bfloat16, which a function can't be trusted with."""
    if any(each.dtype == BFLOAT16 for each in arrays_in(values)):
        raise TypeError(f"{getattr(function, '__name__', function)} of bfloat16: compute in float32")


def host_of(value: Any) -> Any:
    """Arguments as NumPy takes them."""
    if is_array(value):
        return value._host
    if isinstance(value, list | tuple):
        made = [host_of(each) for each in value]
        return made if isinstance(value, list) else type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    return value


def device_of_result(value: Any, sources: Any = ()) -> Any:
    """What NumPy computed as CuPy gives it: arrays, 0-d ones for numbers, and tuples of them; views of `sources`."""
    if isinstance(value, np.ndarray | np.generic):
        host = np.asarray(value)
        viewed = next((each for each in sources if _owner(each._host) is _owner(host)), None)
        return wrap(host) if viewed is None else view_of(viewed, host)
    if isinstance(value, list):
        return [device_of_result(each, sources) for each in value]
    if isinstance(value, tuple):
        made = [device_of_result(each, sources) for each in value]
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    return value


@silently
def launched(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Run a NumPy function on device arrays of the current device; `out` is filled and returned."""
    check_device(args, keywords)
    if getattr(function, "__name__", "") not in MOVES:
        refuse_bfloat16(function, (args, keywords))
    out = keywords.get("out")
    result = function(*host_of(args), **{name: host_of(value) for name, value in keywords.items()})
    return device_of_result(result, tuple(arrays_in((args, keywords)))) if out is None else out
