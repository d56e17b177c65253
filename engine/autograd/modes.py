"""What a thread is set to: gradients on or off, a recorder, anomaly detection, the kernel mode, the module scope."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


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


def _exchange(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Set fields of this thread's modes; returns what they were."""
    state = modes.state
    before = {field: getattr(state, field) for field in settings}
    if state.inference and "inference" not in settings and settings.get("grad"):
        settings = {**settings, "grad": False}
    for field, value in settings.items():
        setattr(state, field, value)
    return before


class _Switch:
    """A context manager and decorator that sets fields of the modes and puts the old values back."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.before: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self.before.append(_exchange(self.settings))
        return self

    def __exit__(self, *error: object) -> None:
        _exchange(self.before.pop())

    def __call__(self, function: Function) -> Function:
        if inspect.isclass(function):
            name = function.__name__
            raise TypeError(f"{type(self).__name__} decorates functions, not the class {name}; decorate its methods")
        # Each call switches by an object of its own: threads may run the function at the same time.
        again = functools.partial(_Switch, **self.settings)
        wrapped = _between_yields if inspect.isgeneratorfunction(function) else _inside
        return wrapped(function, again)  # type: ignore[return-value]


def _inside(function: Callable[..., Any], switch: Callable[[], _Switch]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*args: Any, **keywords: Any) -> Any:
        with switch():
            return function(*args, **keywords)

    return wrapped


def _between_yields(function: Callable[..., Any], switch: Callable[[], _Switch]) -> Callable[..., Any]:
    """Whoever iterates keeps the modes of their own: only the generator's code runs in those of the switch."""

    @functools.wraps(function)
    def wrapped(*args: Any, **keywords: Any) -> Any:
        generator = function(*args, **keywords)
        resume = functools.partial(generator.send, None)
        try:
            while True:
                with switch():
                    given = resume()
                try:
                    resume = functools.partial(generator.send, (yield given))
                except BaseException as error:
                    resume = functools.partial(generator.throw, error)
        except StopIteration as end:
            return end.value

    return wrapped


class _BareSwitch(_Switch):
    """A switch that also decorates without parentheses."""

    def __new__(cls, function: Callable[..., Any] | bool | None = None) -> Any:
        return cls()(function) if callable(function) else super().__new__(cls)


class no_grad(_BareSwitch):
    """Turns gradients off inside a `with` block or a decorated function (torch.no_grad)."""

    def __init__(self) -> None:
        super().__init__(grad=False)


class enable_grad(_BareSwitch):
    """Turns gradients on in a `with` block or a decorated function (torch.enable_grad); not inside inference_mode."""

    def __init__(self) -> None:
        super().__init__(grad=True)


class inference_mode(_BareSwitch):
    """Turns gradients off for code that will never need them; False turns them on (torch.inference_mode)."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__(inference=bool(mode), grad=not mode)


class set_grad_enabled(_Switch):
    """Turns gradients on or off at once; as a context manager puts the old mode back (torch.set_grad_enabled)."""

    def __init__(self, mode: bool) -> None:
        super().__init__(grad=bool(mode))
        self.outside = _exchange(self.settings)

    def __enter__(self) -> Self:
        super().__enter__()
        self.before[-1] = self.outside
        return self

    def __call__(self, function: Function) -> Function:
        _exchange(self.outside)
        return super().__call__(function)


class kernel_mode(_Switch):
    """Chooses `fast` kernels where they accept the arrays, or the `reference` everywhere."""

    def __init__(self, mode: str) -> None:
        if mode not in ("fast", "reference"):
            raise ValueError(f"kernel mode {mode!r} is unknown; allowed are 'fast' and 'reference'")
        super().__init__(kernels=mode)


class detect_anomaly(_Switch):
    """Remembers where each op was called and raises at the first NaN gradient (torch.autograd.detect_anomaly)."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__(anomaly=bool(mode))


class observing(_Switch):
    """Tells `observer` of each op and write inside the block; None stops telling."""

    def __init__(self, observer: Observer | None) -> None:
        super().__init__(observer=observer)


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
