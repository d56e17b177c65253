"""Devices of the double: two of them, one current in each thread."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from cupy.cuda import runtime


class Device:
    """A CUDA device; entering it makes it the current one."""

    __slots__ = ("_before", "id")

    def __init__(self, device: int | Device | None = None) -> None:
        self.id: int = (
            runtime.getDevice() if device is None else device.id if isinstance(device, Device) else int(device)
        )
        self._before: list[int] = []

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    def __enter__(self) -> Self:
        self._before.append(runtime.getDevice())
        self.use()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runtime.setDevice(self._before.pop())

    def use(self) -> None:
        """Make this device the current one."""
        runtime.setDevice(self.id)

    def synchronize(self) -> None:
        """Wait for all work on the device."""
        with self:
            runtime.deviceSynchronize()

    @property
    def mem_info(self) -> tuple[int, int]:
        """Free and total bytes."""
        return runtime.memGetInfo()

    @property
    def compute_capability(self) -> str:
        """Major and minor version, written together."""
        return "90"

    @property
    def attributes(self) -> dict[str, Any]:
        """What the driver says of the device."""
        return {"MultiProcessorCount": 132}


def alloc_pinned_memory(size: int) -> Any:
    """Memory of the host that a GPU can read."""
    return bytearray(size)


class MemoryPool:
    """What holds the memory of a device; the double counts nothing."""

    def used_bytes(self) -> int:
        """Bytes of arrays."""
        return 0

    def total_bytes(self) -> int:
        """Bytes held."""
        return 0

    def free_all_blocks(self) -> None:
        """Give back what is held without use."""


def is_available() -> bool:
    """Whether there is a device."""
    return runtime.getDeviceCount() > 0


def get_device_id() -> int:
    """The number of the current device."""
    return runtime.getDevice()
