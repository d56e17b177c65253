"""Tensor to and from NumPy, Python numbers, other types and devices."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase, wrap, wrap_spec
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype
from engine.backend.namespace import namespace_of
from engine.ops import layout as ops


class Conversion(TensorBase):
    """Tensor to and from NumPy, Python numbers, other types and devices."""

    __slots__ = ()

    def to(self, dtype: Any) -> Any:
        """The elements in another dtype; itself if nothing changes (torch.Tensor.to)."""
        return self if as_dtype(dtype) is self.dtype else ops.cast(self, as_dtype(dtype))

    def new_full(self, shape: Any, value: Any) -> Any:
        """A new tensor of this one's dtype and device, filled with `value` (torch.Tensor.new_full)."""
        if self.array is None:
            return wrap_spec(self.result_class, Spec(tuple(shape), self.dtype))
        return wrap(self.result_class, namespace_of(self.device).full(shape, value, self.dtype.numpy))

    def new_zeros(self, shape: Any) -> Any:
        """Zeros of this tensor's dtype and device (torch.Tensor.new_zeros)."""
        return self.new_full(shape, 0)

    def new_ones(self, shape: Any) -> Any:
        """Ones of this tensor's dtype and device (torch.Tensor.new_ones)."""
        return self.new_full(shape, 1)
