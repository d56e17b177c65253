"""What a thread is set to: gradients on or off, a recorder, anomaly detection, the kernel mode, the module scope."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class Observer(Protocol):
    """What is told of each op that runs and of each write, in order (the recorder, the profiler)."""

    def ran(self, op: Any, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        """An op ran."""

    def wrote(self, target: Any, value: Any) -> None:
        """A value was written into a tensor's array."""

    def reads_host(self, what: str) -> None:
        """A value was read by the host, or something happened that a recording cannot hold."""

    def accumulates(self, leaf: Any) -> None:
        """A gradient is about to be added to a leaf's `.grad`."""

    def guard(self, read: Callable[[], Any]) -> None:
        """What happens next depends on what `read()` gives, which is not a tensor."""


class ModeState:
    """One thread's modes; `kernels` is `fast` or `reference`."""

    __slots__ = ("anomaly", "grad", "inference", "kernels", "observer", "scope")

    def __init__(self) -> None:
        self.grad = True
        self.inference = False
        self.anomaly: bool = False
        self.observer: Observer | None = None
        self.kernels = "fast"
        self.scope: tuple[str, ...] = ()


class _Modes(threading.local):
    def __init__(self) -> None:
        self.state = ModeState()


modes = _Modes()


class _ModeSwitch:
    """A context manager and decorator that sets one field of the modes and puts the old value back."""

    field: str

    def __init__(self, value: Any) -> None:
        self.value = value
        self.previous: list[Any] = []

    def __enter__(self) -> Self:
        self.previous.append(getattr(modes.state, self.field))
        setattr(modes.state, self.field, self.value)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        setattr(modes.state, self.field, self.previous.pop())

    def __call__(self, function: Function) -> Function:
        @functools.wraps(function)
        def wrapped(*args: Any, **keywords: Any) -> Any:
            with self:
                return function(*args, **keywords)

        return wrapped  # type: ignore[return-value]


class no_grad(_ModeSwitch):
    """Turns gradients off inside a `with` block or a decorated function (torch.no_grad)."""

    field = "grad"

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_ModeSwitch):
    """Turns gradients on inside a `with` block or a decorated function (torch.enable_grad)."""

    field = "grad"

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_ModeSwitch):
    """Turns gradients on or off at once; as a context manager puts the old mode back (torch.set_grad_enabled)."""

    field = "grad"

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self.before = modes.state.grad
        modes.state.grad = bool(mode)

    def __enter__(self) -> Self:
        self.previous.append(self.before)
        modes.state.grad = self.value
        return self


class inference_mode(_ModeSwitch):
    """Turns gradients off for code that will never need them (torch.inference_mode)."""

    field = "inference"

    def __init__(self, mode: bool = True) -> None:
        super().__init__(bool(mode))
        self.gradients = set_grad_enabled.__new__(set_grad_enabled)
        _ModeSwitch.__init__(self.gradients, not mode and modes.state.grad)

    def __enter__(self) -> Self:
        self.gradients.previous.append(modes.state.grad)
        if self.value:
            modes.state.grad = False
        return super().__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        super().__exit__(kind, error, trace)
        self.gradients.__exit__(kind, error, trace)


class kernel_mode(_ModeSwitch):
    """Chooses `fast` kernels where they accept the arrays, or the `reference` everywhere."""

    field = "kernels"

    def __init__(self, mode: str) -> None:
        if mode not in ("fast", "reference"):
            raise ValueError(f"kernel mode {mode!r} is unknown; allowed are 'fast' and 'reference'")
        super().__init__(mode)


class detect_anomaly(_ModeSwitch):
    """Remembers where each op was called and raises at the first NaN gradient (torch.autograd.detect_anomaly)."""

    field = "anomaly"

    def __init__(self, mode: bool = True) -> None:
        super().__init__(bool(mode))


class observing(_ModeSwitch):
    """Tells `observer` of each op and write inside the block; None stops telling."""

    field = "observer"

    def __init__(self, observer: Observer | None) -> None:
        super().__init__(observer)


def is_grad_enabled() -> bool:
    """Whether this thread records gradients (torch.is_grad_enabled)."""
    return modes.state.grad


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode` (torch.is_inference_mode_enabled)."""
    return modes.state.inference


def host_read(what: str) -> None:
    """Tell a recorder that `what` cannot be part of a recording."""
    observer = modes.state.observer
    if observer is not None:
        observer.reads_host(what)
