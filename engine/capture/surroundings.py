"""What a function reads beside its arguments: globals, closure cells, and attributes and items of objects there.

A recording stands for the function only while all of that is as it was; what the function itself changed of it would
not happen again in a replay.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from functools import cached_property
from inspect import getattr_static
from itertools import chain
from operator import is_
from types import CodeType, FrameType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from engine.autograd.tensor_base import TensorBase

# Equal values of these types are as good as the same one.
PLAIN = (int, float, complex, bool, str, bytes, type(None))
# Of larger containers the length alone is watched; objects further away than so many attributes not at all.
ITEMS = 100
DEPTH = 5

_MISSING = object()


class Watch:
    """One thing that was read: an entry of a mapping, or all items of a container; `name` is for people."""

    __slots__ = ("container", "key", "name", "then")

    def __init__(self, container: Any, key: Any, name: str) -> None:
        self.container = container
        self.key = key
        self.name = name
        self.then = self.read()

    def read(self) -> Any:
        """What is there now."""
        if self.key is not _MISSING:
            return self.container.get(self.key, _MISSING)
        values = self.container
        if len(values) > ITEMS:
            return len(values)
        return (*values, *values.values()) if isinstance(values, Mapping) else tuple(values)

    def is_identical(self) -> bool:
        """Whether a container holds the very same items, which is asked faster than whether it holds equal ones."""
        container, then = self.container, self.then
        if type(then) is not tuple or isinstance(container, set | frozenset):
            return False
        if isinstance(container, dict):
            return 2 * len(container) == len(then) and all(map(is_, chain(container, container.values()), then))
        return len(container) == len(then) and all(map(is_, container, then))

    def is_same(self) -> bool:
        """Whether it is what it was."""
        now = self.read()
        if now is self.then:
            return True
        if type(now) is tuple and type(self.then) is tuple and self.key is _MISSING:
            return len(now) == len(self.then) and all(map(same, now, self.then))
        return same(now, self.then)


class _Slot(Mapping[str, Any]):
    """The attributes that an object has in slots, as a mapping."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self.owner, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Surroundings:
    """Everything that was read beside arguments, met frame by frame while a function runs."""

    def __init__(self) -> None:
        self.watches: list[Watch] = []
        self.seen: set[tuple[int, Any]] = set()
        self.alive: list[Any] = []
        self.random: str | None = None
        self.absent: list[tuple[Mapping[str, Any], str, str]] = []

    def enter(self, frame: FrameType) -> None:
        """Note what a function that was just called can read by the names in its code."""
        self.read_by(frame.f_code, frame.f_globals, frame.f_locals)

    def read_by(self, code: CodeType, scope: Mapping[str, Any], local: Mapping[str, Any]) -> None:
        """Note what a code reads of globals, and of objects in globals and in `local`."""
        names = code.co_names
        for name in names:
            if name in scope:
                self._watch(scope, name, name)
                self._explore(scope[name], names, name, 0)
        for name, value in local.items():
            self._explore(value, names, name, 0)

    def read_cells(self, function: FunctionType) -> None:
        """Note what the cells of a closure hold."""
        if (id(function), None) in self.seen:
            return
        self.seen.add((id(function), None))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self.watches.append(Watch(_Cell(cell), name, name))

    def enter_module(self, module: Any, path: str) -> None:
        """Note the plain attributes of a module, and which parameters, buffers and parts it has."""
        own = vars(module)
        for name, value in own.items():
            if isinstance(value, PLAIN):
                self._watch(own, name, f"{path}.{name}")
            elif isinstance(value, dict | tuple | list):
                self._watch_items(value, f"{path}.{name}")
            elif name == "_hooks":
                for table in vars(value).values():
                    self._watch_items(table, f"the hooks of {path}")

    def changed(self) -> str | None:
        """The name of something that is not as it was; None while all is."""
        changed = (watch.name for watch in self.watches if not watch.is_same())
        appeared = (path for attributes, name, path in self.absent if name in attributes)
        return next(chain(changed, appeared), None)

    def _watch(self, container: Any, key: str, name: str) -> None:
        if (id(container), key) not in self.seen:
            self.seen.add((id(container), key))
            self.alive.append(container)
            self.watches.append(Watch(container, key, name))

    def _watch_items(self, container: Any, name: str) -> None:
        if (id(container), None) not in self.seen:
            self.seen.add((id(container), None))
            self.watches.append(Watch(container, _MISSING, name))

    def _explore(self, value: Any, names: tuple[str, ...], path: str, depth: int) -> None:
        """Watch what the names in a code can reach from a value."""
        if depth > DEPTH or isinstance(value, (*PLAIN, TensorBase, type)):
            return
        if isinstance(value, FunctionType):
            self._explore_function(value)
            return
        if _is_random(value):
            self.random = self.random or path
            return
        if (id(value), names) in self.seen:
            return
        self.seen.add((id(value), names))
        self.alive.append(value)
        if isinstance(value, dict | list | tuple | set):
            self._watch_items(value, path)
            if len(value) <= ITEMS:
                for each in value.values() if isinstance(value, dict) else value:
                    self._explore(each, names, f"an item of {path}", depth + 1)
            return
        attributes = getattr(value, "__dict__", None)
        if isinstance(value, ModuleType) and value.__name__.partition(".")[0] == "engine":
            return
        for name in names:
            self._explore_method(value, name)
            if attributes is not None and name in attributes:
                self._watch(attributes, name, f"{path}.{name}")
                self._explore(attributes[name], names, f"{path}.{name}", depth + 1)
            elif isinstance(getattr(type(value), name, None), MemberDescriptorType):
                slots = _Slot(value)
                self._watch(slots, name, f"{path}.{name}")
                self._explore(slots.get(name), names, f"{path}.{name}", depth + 1)
            elif attributes is not None and not isinstance(getattr_static(type(value), name, None), cached_property):
                self.absent.append((attributes, name, f"{path}.{name}"))
                if isinstance(getattr_static(type(value), name, _MISSING), PLAIN):
                    # The class says what it is, until the object says otherwise.
                    self._watch(attributes, name, f"{path}.{name}")
        if isinstance(value, MethodType):
            self._explore(value.__self__, names, path, depth + 1)

    def _explore_method(self, value: Any, name: str) -> None:
        method = getattr_static(type(value), name, None)
        function = method.fget if isinstance(method, property) else getattr(method, "__func__", method)
        if isinstance(function, FunctionType):
            self._explore_function(function)

    def _explore_function(self, function: FunctionType) -> None:
        if not str(function.__module__).startswith("engine."):
            self.alive.append(function)
            self.read_cells(function)


class _Cell(Mapping[str, Any]):
    """A closure's cell as a mapping of one entry."""

    def __init__(self, cell: Any) -> None:
        self.cell = cell

    def __getitem__(self, name: str) -> Any:
        try:
            return self.cell.cell_contents
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


def same(now: Any, then: Any) -> bool:
    """Whether two values are one, or equal and plain; NaN is equal to itself."""
    if now is then:
        return True
    if type(now) is not type(then) or not isinstance(then, PLAIN):
        return False
    return bool(now == then or (now != now and then != then))


def _is_random(value: Any) -> bool:
    if isinstance(value, random.Random):
        return True
    name = value.__name__ if isinstance(value, ModuleType) else type(value).__module__
    return name in ("numpy.random", "numpy.random._generator", "numpy.random.mtrand", "secrets")


class Unchanged:
    """Whether things that were watched are as they were, asked before each replay and so made to answer fast."""

    def __init__(self, watches: list[Watch]) -> None:
        self.watches = watches
        entries: dict[int, list[Watch]] = {}
        for watch in watches:
            if watch.key is not _MISSING:
                entries.setdefault(id(watch.container), []).append(watch)
        self.entries = [
            (group[0].container.get, [watch.key for watch in group], [watch.then for watch in group], group)
            for group in entries.values()
        ]
        items = [watch for watch in watches if watch.key is _MISSING]
        self.empty = [watch.container for watch in items if watch.then == ()]
        self.full = [watch for watch in items if watch.then != ()]

    def __call__(self) -> bool:
        """Whether all is the same."""
        if any(self.empty):
            return False
        for get, keys, then, watches in self.entries:
            if not all(map(is_, map(get, keys), then)) and not all(watch.is_same() for watch in watches):
                return False
        return all(watch.is_identical() or watch.is_same() for watch in self.full)

    def first_change(self) -> str | None:
        """The name of something that is not as it was."""
        return next((watch.name for watch in self.watches if not watch.is_same()), None)
