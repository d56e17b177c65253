"""How loops are compiled: by Numba, at the first call, kept on disk for the next process.

Neither Numba nor a compiler is touched before a kernel is first called, so that start-up stays instant and a run that
is too small for kernels compiles nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from types import FunctionType
from typing import Any

from engine.kernels.cpu.launching import forked, launch, making
from engine.kernels.cpu.launching import threads as threads

# NaN and infinities are as in the reference; sums may be taken in another order and products fused into sums.
FAST_MATH = frozenset({"contract", "reassoc", "nsz", "arcp"})

# In compiled code this is Numba's loop over all threads.
prange = range


# By thread: who wants to know of calls of compiled functions instead of having them made.
_listeners: dict[int, list[Any]] = {}


class Compiled:
    """A function that Numba compiles for the types of each new kind of call.

    Names of other compiled functions in it are resolved when it is first called, whatever the order of definition.
    """

    __slots__ = ("_alone", "_made", "function", "inline", "parallel")

    def __init__(self, function: FunctionType, parallel: bool, inline: bool) -> None:
        self.function = function
        self.parallel = parallel
        self.inline = inline
        self._made: Any = None
        self._alone: Compiled | None = None

    def __call__(self, *args: Any) -> Any:
        if _listeners and (heard := _listeners.get(get_ident())) is not None:
            return heard.append((self, args))
        if not self.parallel:
            return (self._made or self.made())(*args)
        if forked():
            return self.alone()(*args)
        return launch(self._made or self.made(), args)

    def alone(self) -> Compiled:
        """The same function with all its loops on the calling thread; its results are the same to the bit."""
        with making:
            if self._alone is None:
                # A name of its own, under which Numba keeps its code.
                twin = _twin(self.function, self.function.__globals__, f"{self.function.__qualname__}_alone")
                self._alone = Compiled(twin, parallel=False, inline=False)
            return self._alone

    def made(self) -> Any:
        """The function as Numba knows it."""
        with making:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> Any:
        # Late, for start-up: Numba takes a fifth of a second.
        from engine.kernels.cpu.numba_options import decorated

        return decorated(_resolved(self.function), self.parallel, self.inline, FAST_MATH)


class Intrinsic:
    """A function whose machine instructions are written out for LLVM; called from compiled functions alone."""

    __slots__ = ("_made", "builder")

    def __init__(self, builder: FunctionType) -> None:
        self.builder = builder
        self._made: Any = None

    def __call__(self, *args: Any) -> Any:
        raise TypeError(f"{self.builder.__name__} exists in compiled functions alone")

    def made(self) -> Any:
        """The function as Numba knows it."""
        with making:
            if self._made is None:
                # Late, for start-up: Numba takes a fifth of a second.
                from numba.extending import intrinsic as numba_intrinsic

                self._made = numba_intrinsic(self.builder)
            return self._made


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call; it runs without the interpreter's lock, on the calling thread."""
    return Compiled(_plain(function), parallel=False, inline=False)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into each compiled function that calls it, so that a loop around it is vectorised."""
    return Compiled(_plain(function), parallel=False, inline=True)


def parallel(function: Callable[..., Any]) -> Any:
    """Compile a function whose loops over `prange` run on all threads; one launch runs at a time."""
    return Compiled(_plain(function), parallel=True, inline=False)


def intrinsic(builder: Callable[..., Any]) -> Any:
    """Declare a function by the instructions it adds; `builder(typing_context, *types)` as in numba.extending."""
    return Intrinsic(_plain(builder))


def calls_of(function: Callable[..., Any], *args: Any) -> list[tuple[Compiled, tuple[Any, ...]]]:
    """The compiled functions that a function would call, and with what: for kernels that do nothing else."""
    heard: list[tuple[Compiled, tuple[Any, ...]]] = []
    _listeners[get_ident()] = heard
    try:
        function(*args)
    finally:
        del _listeners[get_ident()]
    return heard


def _plain(function: Callable[..., Any]) -> FunctionType:
    assert isinstance(function, FunctionType)
    return function


def _resolved(function: FunctionType) -> FunctionType:
    """The same function over globals in which what is compiled stands as Numba knows it."""
    scope = function.__globals__
    names = _names(function.__code__)
    known = {name: scope[name].made() for name in names if isinstance(scope.get(name), Compiled | Intrinsic)}
    if scope.get("prange") is prange:
        # Late, for start-up: Numba takes a fifth of a second.
        from numba import prange as numba_prange

        known["prange"] = numba_prange
    return _twin(function, {**scope, **known}, function.__qualname__)


def _twin(function: FunctionType, scope: dict[str, Any], name: str) -> FunctionType:
    """A function of the same code over other globals, under another name."""
    twin = FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
    twin.__module__, twin.__qualname__, twin.__doc__ = function.__module__, name, function.__doc__
    return twin


def _names(code: Any) -> set[str]:
    """The global names in a function and in those that it defines."""
    inner = (_names(constant) for constant in code.co_consts if hasattr(constant, "co_names"))
    return set(code.co_names).union(*inner)


def address(array: Any) -> int:
    """Where an array's first element lies in memory; unlike `array.ctypes` it makes no cycle of references."""
    return int(array.__array_interface__["data"][0])
