"""Tensor's reductions."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops import reduction as ops


class Reduction(TensorBase):
    """Tensor's reductions."""

    __slots__ = ()

    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The sum over `dim`, of everything by default (torch.sum)."""
        return ops.sum(self if dtype is None else self.to(dtype), dim, keepdim)

    def sum_to_size(self, *shape: Any) -> Any:
        """The sum over the dimensions along which `shape` would be expanded (torch.Tensor.sum_to_size)."""
        return ops.sum_to_size(self, tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape)
