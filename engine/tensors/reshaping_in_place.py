"""Tensor turned into a view of itself: other dimensions, strides or size over the same memory, in place."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from engine.autograd.modes import host_read, modes
from engine.autograd.retained import move_retained
from engine.autograd.tensor_base import IS_VIEW, TensorBase, wrap
from engine.ops.dimensions import new_shape
from engine.ops.layouts import layout, strided
from engine.ops.layouts.memory_layout import format_order, inverse_order, memory_of, offset_of, preserve_format


class ReshapingInPlace(TensorBase):
    """Tensor turned into a view of itself: other dimensions, strides or size over the same memory, in place.

    Views taken of the tensor before keep their shapes. All raise RuntimeError for leaves that require grad.
    """

    __slots__ = ()

    def squeeze_(self, dim: Any = None) -> Any:
        """Dimensions of length 1 taken away (torch.Tensor.squeeze_)."""
        return _become(self, lambda: layout.squeeze(self, dim))

    def unsqueeze_(self, dim: int) -> Any:
        """A dimension of length 1 put in (torch.Tensor.unsqueeze_)."""
        return _become(self, lambda: layout.unsqueeze(self, dim))

    def t_(self) -> Any:
        """A matrix transposed (torch.Tensor.t_)."""
        return _become(self, lambda: layout.t(self))

    def transpose_(self, dim0: int, dim1: int) -> Any:
        """Two dimensions swapped (torch.Tensor.transpose_)."""
        return _become(self, lambda: layout.transpose(self, dim0, dim1))

    swapaxes_ = swapdims_ = transpose_

    def as_strided_(self, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
        """Any sizes and strides over the memory that this tensor shares (torch.Tensor.as_strided_)."""
        return _become(self, lambda: strided.as_strided(self, size, stride, storage_offset))

    def resize_(self, *size: Any, memory_format: str = preserve_format) -> Any:
        """Another size over the same memory, and over new memory where that is too short (torch.Tensor.resize_).

        New elements are 0, where PyTorch leaves what the memory held. Raises RuntimeError if gradients are needed.
        """
        if self.requires_grad:
            raise RuntimeError("cannot resize variables that require grad")
        host_read("Tensor.resize_()")
        shape = new_shape(size)
        if memory_format != preserve_format:
            _resize(self, shape, format_order(memory_format, len(shape)))
        elif shape != self.shape:
            _resize(self, shape, tuple(range(len(shape))))
        return self

    def resize_as_(self, the_template: TensorBase, *, memory_format: str = preserve_format) -> Any:
        """The size of another tensor over the same memory (torch.Tensor.resize_as_)."""
        return self.resize_(the_template.shape, memory_format=memory_format)


def _resize(tensor: Any, shape: tuple[int, ...], order: tuple[int, ...]) -> None:
    count = math.prod(shape)
    offset, memory = offset_of(tensor.array), memory_of(tensor.array)
    if offset + count > memory.size:
        old, memory, offset = memory[offset:], tensor.new_zeros((count,)).array, 0
        memory[: old.size] = old
    laid = memory[offset : offset + count].reshape(tuple(shape[dim] for dim in order))
    tensor.data = wrap(tensor.result_class, laid.transpose(inverse_order(order)))


def _become(tensor: Any, show: Callable[[], Any]) -> Any:
    """Take over the memory, shape and history of a view of the tensor."""
    host_read("a view taken in place")
    _check_history(tensor)
    shown, before = show(), tensor.node
    tensor.array = shown.array
    if shown.array is None:
        tensor.spec = shown.spec
    tensor.node, tensor.output_index = shown.node, shown.output_index
    if tensor.view_of is None:
        tensor.kind = shown.kind & ~IS_VIEW
    else:
        tensor.kind, tensor.view_of = shown.kind, shown.view_of
    move_retained(tensor, before)
    return tensor


def _check_history(tensor: Any) -> None:
    if not modes.state.grad or not tensor.requires_grad:
        return
    if tensor.is_leaf:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    if tensor.view_of is not None and tensor.view_of.restriction is not None:
        raise RuntimeError(tensor.view_of.refusal(tensor, "is being"))
