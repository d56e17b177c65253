"""Variable: the name under which tensors with gradients were known first."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase, alias


class _Tensors(type):
    """A type to which every tensor belongs."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, TensorBase)


class Variable(metaclass=_Tensors):
    """A tensor over the memory of `data`, without its history (torch.autograd.Variable); every tensor is one."""

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        """`volatile` has no meaning any more. Raise TypeError for what is no tensor."""
        if not isinstance(data, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return alias(data).requires_grad_(requires_grad)
