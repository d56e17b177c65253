"""Where a tensor's elements live: the CPU, a CUDA device, or nowhere (meta)."""

from __future__ import annotations

import threading
from functools import cache


class _Chosen(threading.local):
    index = 0


chosen = _Chosen()


class device:
    """A device by type and index: `cpu`, `cuda:0`, `meta`; raises RuntimeError for other names (torch.device).

    `cuda` alone is the device that the thread has chosen, the first one by default.
    """

    __slots__ = ("code", "index", "type")

    type: str
    index: int | None
    code: int

    def __new__(cls, name: device | str, index: int | None = None) -> device:
        if isinstance(name, device):
            return name
        if name == "cuda" and index is None:
            index = chosen.index
        return _device(name, index)

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


CPU = device("cpu")
META = device("meta")


def device_of_code(code: int) -> device:
    """The device whose `code` is given."""
    return (CPU, META)[code] if code < 2 else device("cuda", code - 2)
