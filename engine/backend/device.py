"""Where a tensor's elements live: the CPU, a CUDA device, or nowhere (meta)."""

from __future__ import annotations

import threading
from functools import cache


class _Chosen(threading.local):
    """What a thread has chosen: its CUDA device, where new tensors go, and what that was in the blocks around."""

    def __init__(self) -> None:
        self.index = 0
        self.default: device | None = None
        self.before: list[device | None] = []


chosen = _Chosen()


class device:
    """A device by type and index: `cpu`, `cuda:0`, `meta`; raises RuntimeError for other names (torch.device).

    `cuda` alone is the device that the thread has chosen, the first one by default. In a `with` block new tensors go
    to the device where nothing else is said.
    """

    __slots__ = ("code", "index", "type")

    type: str
    index: int | None
    code: int

    def __new__(cls, type: device | str, index: int | None = None) -> device:
        if isinstance(type, device):
            return type
        if type == "cuda" and index is None:
            index = chosen.index
        return _device(type, index)

    def __enter__(self) -> device:
        chosen.before.append(chosen.default)
        chosen.default = self
        return self

    def __exit__(self, *error: object) -> None:
        chosen.default = chosen.before.pop()

    def __repr__(self) -> str:
        return (
            f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            other = device(other)
        return isinstance(other, device) and self.code == other.code

    def __hash__(self) -> int:
        return hash(self.code)


@cache
def _device(name: str, index: int | None) -> device:
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda", "meta") or (number and not number.isdecimal()):
        raise RuntimeError(f"unknown device {name!r}; allowed are cpu, cuda, cuda:<number> and meta")
    made = object.__new__(device)
    made.type = kind
    made.index = int(number) if number else index
    made.code = {"cpu": 0, "meta": 1}.get(kind, 2 + (made.index or 0))
    return made


Device = device
CPU = device("cpu")
META = device("meta")


def device_of_code(code: int) -> device:
    """The device whose `code` is given."""
    return (CPU, META)[code] if code < 2 else device("cuda", code - 2)


def set_default_device(device: device | str | None) -> None:
    """Choose where new tensors of this thread go, None for the CPU again (torch.set_default_device)."""
    chosen.default = None if device is None else Device(device)


def get_default_device() -> device:
    """Where new tensors of this thread go, the CPU at the start (torch.get_default_device)."""
    return CPU if chosen.default is None else chosen.default
