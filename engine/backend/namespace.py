"""NumPy or CuPy by where an array lives; the only importer of CuPy."""

from __future__ import annotations

import importlib
import importlib.util
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from engine.backend.device import CPU, chosen, device


@cache
def cupy() -> ModuleType:
    """The CuPy module; raises RuntimeError that says how to install it where it is missing."""
    if importlib.util.find_spec("cupy") is None:
        raise RuntimeError("device cuda needs CuPy, which is not installed: pip install 'galley[cuda]'")
    return importlib.import_module("cupy")


def on_host(array: Any) -> bool:
    """Whether the host can look at an array's values without waiting for a device."""
    return isinstance(array, np.ndarray | np.generic)


def xp(array: Any) -> ModuleType:
    """The namespace that computes on an array: numpy, or cupy for one on a GPU."""
    return np if on_host(array) else cupy()


def namespace_of(where: device) -> ModuleType:
    """The namespace that makes arrays on a device."""
    return np if where.type == "cpu" else cupy()


@cache
def cuda_device_count() -> int:
    """How many CUDA devices CuPy can use; 0 without CuPy or without a driver."""
    if importlib.util.find_spec("cupy") is None:
        return 0
    module = cupy()
    try:
        return int(module.cuda.runtime.getDeviceCount())
    except module.cuda.runtime.CUDARuntimeError:
        return 0


def array_device(array: Any) -> device:
    """The device that holds an array."""
    return CPU if on_host(array) else device("cuda", int(array.device.id))


def using(where: device) -> AbstractContextManager[Any]:
    """A context in which CuPy makes and computes arrays on a device; raises RuntimeError without such a device."""
    if where.type != "cuda":
        return _ANYWHERE
    index = where.index or 0
    if index >= cuda_device_count():
        raise RuntimeError(f"device {where} was asked for, but {cuda_device_count()} CUDA devices are available")
    return _ANYWHERE if cupy().cuda.runtime.getDevice() == index else cupy().cuda.Device(index)


_ANYWHERE = nullcontext()


def choose_cuda(index: int) -> None:
    """Make a CUDA device this thread's own: where `cuda` alone means, and where CuPy works unless told otherwise."""
    if not 0 <= index < cuda_device_count():
        raise RuntimeError(f"device cuda:{index} was chosen, but {cuda_device_count()} CUDA devices are available")
    cupy().cuda.Device(index).use()
    chosen.index = index


def to_device(array: Any, where: device) -> Any:
    """The array on `where`: itself if it is there already, else a copy whose dimensions lie in the same order.

    Raises RuntimeError without such a device.
    """
    here = array_device(array)
    if here == where:
        return array
    if not array.flags.c_contiguous:
        # CuPy copies between devices only what lies without gaps.
        order = sorted(range(array.ndim), key=lambda dimension: -array.strides[dimension])
        with using(here):
            dense = xp(array).ascontiguousarray(array.transpose(order))
        return to_device(dense, where).transpose(sorted(range(array.ndim), key=order.__getitem__))
    if where.type == "cpu":
        return cupy().asnumpy(array)
    with using(where):
        return cupy().asarray(array)
