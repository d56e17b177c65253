"""NumPy or CuPy by where an array lives; the only importer of CuPy."""

from __future__ import annotations

import importlib
import importlib.util
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from engine.backend.device import CPU, device


@lru_cache(maxsize=None)
def cupy() -> ModuleType:
    """The CuPy module; raises RuntimeError that says how to install it where it is missing."""
    if importlib.util.find_spec("cupy") is None:
        raise RuntimeError("device cuda needs CuPy, which is not installed: pip install 'galley[cuda]'")
    return importlib.import_module("cupy")


def xp(array: Any) -> ModuleType:
    """The namespace that computes on an array: numpy, or cupy for one on a GPU."""
    return np if isinstance(array, np.ndarray | np.generic) else cupy()


def namespace_of(where: device) -> ModuleType:
    """The namespace that makes arrays on a device."""
    return np if where.type == "cpu" else cupy()


@lru_cache(maxsize=None)
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
    return CPU if isinstance(array, np.ndarray | np.generic) else device("cuda", int(array.device.id))


def to_device(array: Any, where: device) -> Any:
    """The array on `where`: itself if it is there already, else a copy; raises RuntimeError without such a device."""
    here = array_device(array)
    if here == where:
        return array
    if where.type == "cpu":
        return cupy().asnumpy(array)
    if (where.index or 0) >= cuda_device_count():
        raise RuntimeError(f"device {where} was asked for, but {cuda_device_count()} CUDA devices are available")
    with cupy().cuda.Device(where.index or 0):
        return cupy().asarray(array)
