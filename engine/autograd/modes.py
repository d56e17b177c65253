"""What a thread is set to: gradients on or off, a recorder, anomaly detection, the kernel mode, the module scope."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from engine.autograd.mode_state import ModeState, Observer, modes

Function = TypeVar("Function", bound=Callable[..., Any])


def _exchange(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Set fields of this thread's modes; returns what they were."""
    state = modes.state
    before = {field: getattr(state, field) for field in settings}
    if state.inference and "inference" not in settings and "grad" in settings:
        settings = {**settings, "grad": None}
    for field, value in settings.items():
        setattr(state, field, value)
    state.aside = state.anomaly or state.observer is not None or state.packing is not None
    return before


class Switch:
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
        again = functools.partial(Switch, **self.settings)
        wrapped = _between_yields if inspect.isgeneratorfunction(function) else _inside
        return wrapped(function, again)  # type: ignore[return-value]


def _inside(function: Callable[..., Any], switch: Callable[[], Switch]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*args: Any, **keywords: Any) -> Any:
        with switch():
            return function(*args, **keywords)

    return wrapped


def _between_yields(function: Callable[..., Any], switch: Callable[[], Switch]) -> Callable[..., Any]:
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


class _BareSwitch(Switch):
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
        super().__init__(inference=bool(mode), grad=None if mode else True)


class _SwitchAtOnce(Switch):
    """A switch that acts when it is made; as a block or decorator it puts the modes from before itself back."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.outside = _exchange(self.settings)

    def __enter__(self) -> Self:
        super().__enter__()
        self.before[-1] = self.outside
        return self

    def __call__(self, function: Function) -> Function:
        _exchange(self.outside)
        return super().__call__(function)


class set_grad_enabled(_SwitchAtOnce):
    """Turns gradients on or off at once; as a context manager puts the old mode back (torch.set_grad_enabled)."""

    def __init__(self, mode: bool) -> None:
        super().__init__(grad=bool(mode))


class kernel_mode(Switch):
    """Chooses `fast` kernels where they accept the arrays, or the `reference` everywhere."""

    def __init__(self, mode: str) -> None:
        if mode not in ("fast", "reference"):
            raise ValueError(f"kernel mode {mode!r} is unknown; allowed are 'fast' and 'reference'")
        super().__init__(kernels=mode)


class detect_anomaly(Switch):
    """Remembers where each op was called, names that where backward fails, and raises at the first NaN gradient.

    Without `check_nan`, NaN gradients pass (torch.autograd.detect_anomaly).
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(anomaly=True, check_nan=bool(check_nan))


class set_detect_anomaly(_SwitchAtOnce):
    """Turns `detect_anomaly` on or off at once; as a block puts the old mode back."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(anomaly=bool(mode), check_nan=bool(check_nan))


class observing(Switch):
    """Tells `observer` of each op and write inside the block; None stops telling."""

    def __init__(self, observer: Observer | None) -> None:
        super().__init__(observer=observer)


def is_grad_enabled() -> bool:
    """Whether this thread records gradients (torch.is_grad_enabled)."""
    return bool(modes.state.grad)


def is_anomaly_enabled() -> bool:
    """Whether this thread detects anomalies (torch.is_anomaly_enabled)."""
    return modes.state.anomaly


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly detection, if it is on, raises at NaN gradients (torch.is_anomaly_check_nan_enabled)."""
    return modes.state.check_nan


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode` (torch.is_inference_mode_enabled)."""
    return modes.state.inference


def host_read(what: str) -> None:
    """Tell a recorder that `what` cannot be part of a recording."""
    observer = modes.state.observer
    if observer is not None:
        observer.reads_host(what)


__all__ = [
    "ModeState",
    "Observer",
    "Switch",
    "detect_anomaly",
    "enable_grad",
    "host_read",
    "inference_mode",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "kernel_mode",
    "modes",
    "no_grad",
    "observing",
    "set_detect_anomaly",
    "set_grad_enabled",
]
