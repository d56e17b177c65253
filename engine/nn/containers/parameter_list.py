"""ParameterList: a list of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self, SupportsIndex

from engine.nn.containers.parameter_text import listed
from engine.nn.containers.positions import position_of
from engine.nn.module import Module
from engine.nn.parameter import Parameter
from engine.tensors import Tensor


class ParameterList(Module):
    """A list whose tensors become registered Parameters; anything else is kept as it is (torch.nn.ParameterList)."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def append(self, value: Any) -> Self:
        """Add a value at the end."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add values at the end; raises TypeError for what cannot be iterated, or is a tensor itself."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in values:
            self.append(value)
        return self

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(self._size))

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if isinstance(index, slice):
            return type(self)([self[position] for position in range(*index.indices(self._size))])
        return getattr(self, str(position_of(index, self._size)))

    def __setitem__(self, index: SupportsIndex, value: Any) -> None:
        parameter = Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value
        setattr(self, str(position_of(index, self._size)), parameter)

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def __repr__(self) -> str:
        return listed(self._get_name(), enumerate(self))
