"""Tensors over the bytes of a storage that was read from a file, their strides checked against its size."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from reprlib import repr as shown
from typing import Any

import numpy as np

from engine.autograd.storage import Storage
from engine.autograd.tensor_base import wrap
from engine.backend.device import device
from engine.backend.dtype import dtype
from engine.nn.parameter import Buffer, Parameter
from engine.tensors import Tensor


@dataclass(slots=True)
class StoredBytes:
    """The bytes of one storage, the Storage that its tensors share, where they go, and of what type they are."""

    content: np.ndarray
    storage: Storage
    device: device
    dtype: dtype


def rebuild_tensor(
    storage: Any,
    storage_offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    backward_hooks: Any = None,
    metadata: Any = None,
) -> Tensor:
    """A tensor over a storage (torch._utils._rebuild_tensor_v2); ValueError where it would reach beyond it."""
    if not isinstance(storage, StoredBytes):
        raise ValueError(f"a tensor stands on {type(storage).__name__}, not on a storage")
    lengths, steps = _lengths(size, "size"), _lengths(stride, "stride")
    if len(lengths) != len(steps) or type(storage_offset) is not int or storage_offset < 0:
        raise ValueError(f"a tensor of size {lengths} has strides {steps} and offset {storage_offset!r}")
    item = storage.dtype.itemsize
    last = storage_offset + sum((length - 1) * step for length, step in zip(lengths, steps, strict=True))
    if 0 not in lengths and (last + 1) * item > storage.content.size:
        raise ValueError(f"a tensor of size {lengths} reaches beyond its storage of {storage.content.size} bytes")
    elements = storage.content[: storage.content.size // item * item].view(storage.dtype.numpy)
    if 0 in lengths:
        array = np.empty(lengths, storage.dtype.numpy)
    else:
        strides = [step * item for step in steps]
        array = np.lib.stride_tricks.as_strided(elements[storage_offset:], lengths, strides)
    tensor = wrap(Tensor, array, storage.storage).to(device=storage.device)
    return tensor.requires_grad_() if requires_grad is True else tensor


def rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any = None) -> Parameter:
    """A parameter around a tensor (torch._utils._rebuild_parameter)."""
    if not isinstance(data, Tensor):
        raise ValueError(f"a parameter is made of {type(data).__name__}, not of a tensor")
    return Parameter(data, requires_grad is True)


def rebuild_buffer(data: Any, requires_grad: Any, persistent: Any) -> Buffer:
    """A buffer around a tensor (torch._utils._rebuild_buffer)."""
    if not isinstance(data, Tensor):
        raise ValueError(f"a buffer is made of {type(data).__name__}, not of a tensor")
    return Buffer(data, persistent=persistent is True)


def ordered(pairs: Any = ()) -> OrderedDict[Any, Any]:
    """An OrderedDict of pairs."""
    return OrderedDict(pairs)


def _lengths(given: Any, what: str) -> tuple[int, ...]:
    if not isinstance(given, tuple) or not all(type(each) is int and each >= 0 for each in given):
        raise ValueError(f"a tensor's {what} is {shown(given)}")
    return tuple(given)
