"""Tensor's shapes and strides."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops import layout as ops
from engine.ops.dimensions import sizes


class Layout(TensorBase):
    """Tensor's shapes and strides."""

    __slots__ = ()

    def view(self, *shape: Any) -> Any:
        """The same memory in another shape (torch.Tensor.view)."""
        return ops.view(self, ops.complete_shape(sizes(shape), self.spec_or_shape.size))

    def view_as(self, other: Any) -> Any:
        """The same memory in the shape of `other` (torch.Tensor.view_as)."""
        return ops.view(self, other.shape)

    def reshape(self, *shape: Any) -> Any:
        """Another shape, by a view where possible (torch.reshape)."""
        return ops.reshape(self, sizes(shape))

    def expand(self, *shape: Any) -> Any:
        """Repeat length-1 and new dimensions without a copy (torch.Tensor.expand)."""
        return ops.expand(self, sizes(shape))

    def clone(self) -> Any:
        """A copy (torch.clone)."""
        return ops.clone(self)

    def contiguous(self) -> Any:
        """Itself if it lies in row-major order, else a copy that does (torch.Tensor.contiguous)."""
        return self if self.array is None or self.array.flags.c_contiguous else ops.clone(self)
