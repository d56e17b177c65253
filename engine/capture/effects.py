"""Watching a function run: what its own Python reads, and what it does to the world that a replay would not do."""

from __future__ import annotations

import gc
import io
import os
import random
import sys
import sysconfig
from pathlib import Path
from types import FrameType
from typing import Any, Self

from engine.capture.surroundings import Surroundings

_ENGINE = f"{Path(__file__).parents[1]}{os.sep}"
# What the engine itself stands on, for whose state it answers.
_FOUNDATIONS = frozenset({"numpy", "scipy", "numba", "llvmlite", "ml_dtypes", "cupy", "cupyx", "threadpoolctl"})
# Kernels, references and updates, whoever wrote them, do nothing that their op does not stand for.
_CLOSED = ("engine.autograd.dispatch", "engine.kernels.", "engine.optim.flat_")
_LIBRARY = sysconfig.get_paths()["stdlib"]
# Python's own functions that read the clock or chance, or write somewhere.
_BUILT_IN = frozenset({"print", "input", "open", "breakpoint"})
# What a module does while it loads happens once, whoever asked for it.
_IMPORT_SYSTEM = vars(sys.modules["_frozen_importlib"])
_MODULES = frozenset({"time", "_random", "random", "logging", "secrets", "posix", "nt", "datetime"})


class Watching:
    """A block in which this thread's calls are seen: `surroundings` holds what is read, `problem` names an effect."""

    def __init__(self) -> None:
        self.surroundings = Surroundings()
        self.problem: str | None = None
        self.before: Any = None
        self.collects = True
        # The call, if one is under way, in which nothing matters.
        self.inside: FrameType | None = None

    def __enter__(self) -> Self:
        # What collecting garbage calls is no part of the function.
        self.collects = gc.isenabled()
        gc.disable()
        self.before = sys.getprofile()
        sys.setprofile(self._told)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self.before)
        if self.collects:
            gc.enable()

    def found(self) -> str | None:
        """What a replay would not do, or would not read anew; None where a replay is as good."""
        if self.problem is None and self.surroundings.random is not None:
            return f"it reads chance from {self.surroundings.random}; use engine's own random functions"
        changed = self.surroundings.changed()
        if self.problem is None and changed is not None:
            return f"it changes {changed}, which a replay would not"
        return self.problem

    def _told(self, frame: FrameType, event: str, argument: Any) -> None:
        if self.before is not None:
            self.before(frame, event, argument)
        if self.inside is not None:
            if event == "return" and frame is self.inside:
                self.inside = None
        elif event == "call":
            self._called(frame)
        elif event == "c_call" and self.problem is None and _is_own(frame) and _acts(argument):
            self._note(frame, getattr(argument, "__qualname__", repr(argument)))

    def _called(self, frame: FrameType) -> None:
        if frame.f_globals is _IMPORT_SYSTEM or frame.f_globals.get("__name__", "").startswith(_CLOSED):
            self.inside = frame
        elif _is_own(frame):
            self.surroundings.enter(frame)
        elif self.problem is None and frame.f_back is not None and _is_own(frame.f_back):
            name = frame.f_globals.get("__name__", "")
            if name.partition(".")[0] in _MODULES:
                self._note(frame.f_back, f"{name}.{frame.f_code.co_name}")

    def _note(self, frame: FrameType, what: str) -> None:
        self.problem = f"{what}, at {frame.f_code.co_filename}:{frame.f_lineno}"


def _is_own(frame: FrameType) -> bool:
    """Whether this is the user's code, not the engine's or Python's."""
    name = frame.f_code.co_filename
    module = frame.f_globals.get("__name__", "")
    # What named tuples and dataclasses write for themselves has no file.
    if name.startswith("<frozen") or module.startswith(("engine.", "namedtuple_")):
        return False
    if module.partition(".")[0] in _FOUNDATIONS:
        return False
    in_library = name.startswith(_LIBRARY) and "site-packages" not in name
    return not (in_library or name.startswith(_ENGINE))


def _acts(function: Any) -> bool:
    """Whether one of Python's built-in functions reads the clock or chance, or writes somewhere."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, random.Random | io.IOBase):
        return True
    module = getattr(function, "__module__", None)
    if module == "builtins":
        return function.__name__ in _BUILT_IN
    if isinstance(owner, type):
        return owner.__module__ in _MODULES
    return module in _MODULES
