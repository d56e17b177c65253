"""What Sequential and ModuleList share: child modules under the names "0", "1", ..., used as a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self, SupportsIndex

from engine.nn.containers.positions import position_of
from engine.nn.module import Module


class ModuleSequence(Module):
    """A module whose children stand in a row."""

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Any) -> Self:
        """Add the modules of an iterable at the end; raises TypeError for what is none."""
        if not isinstance(modules, Iterable):
            name = type(self).__name__
            raise TypeError(f"{name}.extend should be called with an iterable, but got {type(modules).__name__}")
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before `index`, as a list does, and return the container."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        rest = list(self)
        rest.insert(index, module)
        self._refill(rest)
        return self

    def pop(self, index: int | slice = -1) -> Module:
        """Take a module out and return it."""
        taken = self[index]
        del self[index]
        return taken

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if isinstance(index, slice):
            return self._part(list(self._modules.items())[index])
        return list(self)[position_of(index, len(self))]

    def __setitem__(self, index: SupportsIndex, module: Module) -> None:
        setattr(self, list(self._modules)[position_of(index, len(self))], module)

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [names[position_of(index, len(self))]]:
            delattr(self, name)
        self._refill(list(self))

    def _refill(self, modules: list[Any]) -> None:
        self._modules.clear()
        for position, module in enumerate(modules):
            self.add_module(str(position), module)

    def _part(self, members: list[tuple[str, Any]]) -> Self:
        """Some of the modules in a container of their own; errors keep naming them by their place in this one."""
        part = type(self)()
        part._modules.update(members)
        return part
