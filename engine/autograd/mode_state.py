"""One thread's modes and who is told of what it does: a recorder, what packs tensors, what runs a function twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol


class Observer(Protocol):
    """What is told of each op that runs and of each write, in order (the recorder, the profiler)."""

    def ran(self, op: Any, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        """An op ran; its outputs are followed by what it saved for backward, if that is kept."""

    def wrote(self, target: Any, value: Any) -> None:
        """A value was written into a tensor's array."""

    def reads_host(self, what: str) -> None:
        """A value was read by the host, or something happened that a recording cannot hold."""

    def holds_gradient(self, tensor: Any) -> None:
        """A tensor's `.grad` is about to be read, added to or replaced."""

    def sets_history(self, tensor: Any) -> None:
        """A tensor is about to be told that it requires grad, or that it has no history."""

    def guard(self, read: Callable[[], Any]) -> None:
        """What happens next depends on what `read()` gives, which is not a tensor."""

    def enters(self, module: Any) -> None:
        """A module is about to be run: what happens next depends on its attributes."""

    def acts(self, what: Any, gradients: list[Any]) -> None:
        """Something that can be run again read these gradients and wrote what is outside: an optimizer's update."""


class Packing(Protocol):
    """What changes tensors as they are kept for backward, and changes them back."""

    def pack(self, tensor: Any) -> Any:
        """What is kept in the place of a tensor."""

    def unpack(self, packed: Any) -> Any:
        """The tensor again, when backward needs it."""


class Pass(Protocol):
    """One of the two times that a function under `checkpoint` runs."""

    def draw(self, generator: Any, take: Callable[[], Any]) -> Any:
        """The draw to use where the generator would `take` one."""

    def may_write(self, storage: Any) -> bool:
        """Whether a write into this memory shall happen."""


class ModeState:
    """One thread's modes.

    `grad` is None in inference mode, so that ops find plans of their own there; `kernels` is `fast` or `reference`;
    `aside` says that someone watches or packs, for whom ops leave their shortest way; `chosen_targets` that the
    backward underway is for chosen tensors alone.
    """

    __slots__ = (
        "anomaly", "aside", "check_nan", "chosen_targets", "grad", "inference", "kernels", "observer", "packing",
        "rerun", "scope",
    )  # fmt: skip

    def __init__(self) -> None:
        self.grad: bool | None = True
        self.inference = False
        self.anomaly: bool = False
        self.check_nan: bool = True
        self.observer: Observer | None = None
        self.packing: Packing | None = None
        self.aside = False
        self.rerun: Pass | None = None
        self.chosen_targets = False
        self.kernels = "fast"
        self.scope: tuple[str, ...] = ()


class _Modes(threading.local):
    def __init__(self) -> None:
        self.state = ModeState()


modes = _Modes()
