"""Tensor's arithmetic methods and operators."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.ops import arithmetic as ops

_add_, _sub_, _mul_, _div_ = in_place(ops.add), in_place(ops.sub), in_place(ops.mul), in_place(ops.div)


class Arithmetic(TensorBase):
    """Arithmetic methods and operators."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return ops.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.sub(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.sub(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.div(other, self)

    def __neg__(self) -> Any:
        return ops.neg(self)

    def __iadd__(self, other: Any) -> Any:
        return _add_(self, other)

    def __imul__(self, other: Any) -> Any:
        return _mul_(self, other)

    def add_(self, other: Any, *, alpha: Any = 1) -> Any:
        """Add in place (torch.Tensor.add_)."""
        return _add_(self, other if alpha == 1 else other * alpha)
