"""CUDA devices under PyTorch's names: how many there are, which one a thread uses, and what they hold (torch.cuda)."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from engine.backend.device import chosen
from engine.backend.device import device as Device
from engine.backend.namespace import choose_cuda, cuda_device_count, cupy, using
from engine.random import get_rng_state, initial_seed, manual_seed, seed, set_rng_state

# One generator serves all devices.
manual_seed_all = manual_seed


def is_available() -> bool:
    """Whether CuPy is installed and finds a device."""
    return cuda_device_count() > 0


def device_count() -> int:
    """How many devices there are; 0 without CuPy or without a driver."""
    return cuda_device_count()


def current_device() -> int:
    """The number of the device that `cuda` alone means in this thread."""
    return chosen.index


def set_device(device: Device | int | str) -> None:
    """Make a device the one that `cuda` alone means in this thread; raises RuntimeError for one that doesn't exist."""
    choose_cuda(_index(device))


class device:
    """Uses another device inside a `with` block."""

    def __init__(self, device: Device | int | str) -> None:
        self.index = _index(device)

    def __enter__(self) -> Self:
        self.before = current_device()
        choose_cuda(self.index)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        choose_cuda(self.before)


def synchronize(device: Device | int | str | None = None) -> None:
    """Wait until a device has done all its work."""
    with using(_place(device)):
        cupy().cuda.runtime.deviceSynchronize()


def get_device_name(device: Device | int | str | None = None) -> str:
    """What the maker calls a device."""
    return str(_properties(device)["name"].decode())


def get_device_capability(device: Device | int | str | None = None) -> tuple[int, int]:
    """The major and minor version of what a device can do."""
    properties = _properties(device)
    return int(properties["major"]), int(properties["minor"])


def mem_get_info(device: Device | int | str | None = None) -> tuple[int, int]:
    """Free and total bytes of a device."""
    with using(_place(device)):
        free, total = cupy().cuda.runtime.memGetInfo()
    return int(free), int(total)


def memory_allocated(device: Device | int | str | None = None) -> int:
    """Bytes that arrays of a device take up."""
    with using(_place(device)):
        return int(cupy().get_default_memory_pool().used_bytes())


def memory_reserved(device: Device | int | str | None = None) -> int:
    """Bytes that the process holds on a device, for arrays that are and that were."""
    with using(_place(device)):
        return int(cupy().get_default_memory_pool().total_bytes())


def empty_cache() -> None:
    """Give back what the process holds on the current device without using it."""
    if is_available():
        cupy().get_default_memory_pool().free_all_blocks()


def _properties(device: Device | int | str | None) -> Any:
    where = _place(device)
    with using(where):
        return cupy().cuda.runtime.getDeviceProperties(where.index)


def _place(device: Device | int | str | None) -> Device:
    return Device("cuda", current_device() if device is None else _index(device))


def _index(device: Device | int | str) -> int:
    if isinstance(device, int):
        return device
    where = Device(device)
    if where.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {where}")
    return where.index or 0


__all__ = [
    "current_device",
    "device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_rng_state",
    "initial_seed",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "seed",
    "set_device",
    "set_rng_state",
    "synchronize",
]
