"""Tensors made of numbers alone: directly, or through ops while a recorder has to see them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.modes import host_read, modes
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import TensorBase, newborn, on_its_own, wrap, wrap_spec
from engine.backend.device import CPU, META, device, get_default_device
from engine.backend.dtype import as_dtype, dtype, float32
from engine.backend.namespace import namespace_of, to_device, using
from engine.backend.size import Size
from engine.ops.dimensions import new_shape, sizes
from engine.ops.layouts import filling
from engine.ops.layouts.strided import as_strided
from engine.tensors.from_data import array_from


def template(family: type[TensorBase], where: device) -> Any:
    """An empty tensor that tells an op without inputs where its output shall be."""
    if where == META:
        return wrap_spec(family, Spec((0,), float32))
    return wrap(family, to_device(np.empty(0, float32.numpy), where))


def full(family: type[TensorBase], shape: tuple[int, ...], value: Any, kind: dtype, where: device) -> Any:
    """A tensor of one value."""
    if modes.state.observer is None and where != META:
        with using(where):
            return newborn(wrap(family, namespace_of(where).full(shape, value, kind.numpy)))
    return filling.new_full(template(family, where), shape, value, kind)


def empty(family: type[TensorBase], shape: tuple[int, ...], kind: dtype, where: device) -> Any:
    """A tensor whose elements are whatever the memory held; zeros in a recording, which must repeat itself."""
    if modes.state.observer is None and where != META:
        with using(where):
            return newborn(wrap(family, namespace_of(where).empty(shape, kind.numpy)))
    return full(family, shape, 0, kind, where)


def empty_strided(
    family: type[TensorBase], shape: tuple[int, ...], stride: tuple[int, ...], kind: dtype, where: device
) -> Any:
    """A tensor of these strides whose elements are whatever the memory held."""
    if len(shape) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(stride)})"
        )
    if any(step < 0 for step in stride):
        raise RuntimeError(f"strides can't be negative: sizes={list(shape)} and strides={list(stride)}")
    needed = 0 if 0 in shape else 1 + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
    return on_its_own(as_strided(empty(family, (needed,), kind, where), shape, stride))


def place(family: type[TensorBase], array: Any, where: device) -> Any:
    """A tensor around an array, moved to a device; on meta its shape and dtype alone."""
    made = wrap(family, array)
    if where == META:
        made = wrap_spec(family, Spec(made.shape, made.dtype))
    elif where != CPU or made.device != CPU:
        made = wrap(family, to_device(array, where))
    return newborn(made)


def as_device(given: Any) -> device | None:
    """A device from a name, a CUDA index or a device; None stays None."""
    if given is None or isinstance(given, device):
        return given
    return device(f"cuda:{given}") if isinstance(given, int) else device(given)


def target_device(given: Any) -> device:
    """Where a new tensor goes: the device given, or else the thread's default."""
    return as_device(given) or get_default_device()


class Making(TensorBase):
    """New tensors like this one."""

    __slots__ = ()

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
        """A tensor of the data, of this one's dtype and device by default (torch.Tensor.new_tensor)."""
        host_read("Tensor.new_tensor()")
        array = array_from(data, self.dtype if dtype is None else as_dtype(dtype))
        made = place(self.result_class, array, as_device(device) or self.device)
        return made.requires_grad_() if requires_grad else made

    def new(self, *given: Any) -> Any:
        """A tensor of data, or of a size with whatever the memory held; old, better new_tensor (torch.Tensor.new)."""
        if len(given) == 1 and not isinstance(given[0], int | Size):
            return self.new_tensor(given[0])
        return self.new_empty(*given)

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """A new tensor of one value, of this one's dtype and device by default (torch.Tensor.new_full)."""
        kind, where = self.dtype if dtype is None else as_dtype(dtype), as_device(device) or self.device
        made = full(self.result_class, new_shape((size,)), fill_value, kind, where)
        return made.requires_grad_() if requires_grad else made

    def new_zeros(self, *lengths: Any, size: Any = None, **options: Any) -> Any:
        """Zeros of this tensor's dtype and device by default (torch.Tensor.new_zeros)."""
        return self.new_full(sizes(lengths) if size is None else size, 0, **options)

    def new_ones(self, *lengths: Any, size: Any = None, **options: Any) -> Any:
        """Ones of this tensor's dtype and device by default (torch.Tensor.new_ones)."""
        return self.new_full(sizes(lengths) if size is None else size, 1, **options)

    def new_empty_strided(
        self, size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """A new tensor of these strides with whatever the memory held (torch.Tensor.new_empty_strided)."""
        kind, where = self.dtype if dtype is None else as_dtype(dtype), as_device(device) or self.device
        made = empty_strided(self.result_class, new_shape((size,)), sizes((stride,)), kind, where)
        return made.requires_grad_() if requires_grad else made

    def new_empty(
        self, *lengths: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """A new tensor with whatever the memory held (torch.Tensor.new_empty)."""
        kind, where = self.dtype if dtype is None else as_dtype(dtype), as_device(device) or self.device
        made = empty(self.result_class, new_shape(lengths if size is None else (size,)), kind, where)
        return made.requires_grad_() if requires_grad else made
