"""Parameter and Buffer: the tensors that a Module registers by their type."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import IS_VIEW, NEEDS_GRAD
from engine.creation import empty
from engine.tensors import Tensor


def _leaf(family: type[Tensor], data: Any) -> Any:
    """A tensor of class `family` without history over the memory of `data`, empty by default."""
    source = empty(0) if data is None else data
    leaf = object.__new__(family)
    leaf.array = source.array
    if source.array is None:
        leaf.spec = source.spec
    leaf.storage = source.storage
    leaf.kind = source.kind & ~(NEEDS_GRAD | IS_VIEW)
    leaf.node = leaf.view_of = leaf.gradient = None
    leaf.output_index = 0
    return leaf


class Parameter(Tensor):
    """A tensor that a Module counts among its parameters; it shares the memory of `data` (torch.nn.Parameter)."""

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        """Raise RuntimeError if gradients are wanted for a type that has none."""
        return _leaf(cls, data).requires_grad_(requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(Tensor):
    """A tensor that a Module counts among its buffers; the state dict holds persistent ones (torch.nn.Buffer)."""

    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Buffer:
        """Share the memory of `data`."""
        buffer = _leaf(cls, data)
        buffer.persistent = persistent
        return buffer

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), persistent=self.persistent)
        return memo[id(self)]
