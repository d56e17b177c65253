"""Tensor's elements through a function of Python numbers, written back: slow, on the CPU, without gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.in_place import copy_into
from engine.autograd.tensor_base import TensorBase


class EachElement(TensorBase):
    """Tensor's elements through a function of Python numbers."""

    __slots__ = ()

    def apply_(self, callable: Callable[[Any], Any]) -> Any:
        """Replace each element by what a function makes of it (torch.Tensor.apply_); not where gradients are wanted."""
        return _write(self, "apply_", callable)

    def map_(self, tensor: Any, callable: Callable[[Any, Any], Any]) -> Any:
        """Replace each element by what a function makes of it and its partner (torch.Tensor.map_)."""
        return _write(self, "map_", callable, tensor)

    def map2_(self, x: Any, y: Any, callable: Callable[[Any, Any, Any], Any]) -> Any:
        """Replace each element by what a function makes of it and its two partners (torch.Tensor.map2_)."""
        return _write(self, "map2_", callable, x, y)


def _write(target: Any, name: str, function: Callable[..., Any], *others: Any) -> Any:
    for each in (target, *others):
        if each.requires_grad:
            raise RuntimeError(
                f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead."
            )
        if not each.is_cpu:
            raise TypeError(f"{name} is only implemented on CPU tensors, got one on {each.device}")
        if each.dtype is not target.dtype:
            raise TypeError(f"{name}: expected a tensor of {target.dtype} but got one of {each.dtype}")
    arrays = [np.broadcast_to(each.array, target.shape) for each in (target, *others)]
    made = [function(*(each[place].item() for each in arrays)) for place in np.ndindex(target.shape)]
    copy_into(target, np.array(made, target.array.dtype).reshape(target.shape))
    return target
