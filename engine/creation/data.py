"""Creation from data: numbers, lists, arrays and tensors; and questions about what was made."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.modes import host_read
from engine.autograd.op import clear_plans
from engine.autograd.tensor_base import wrap
from engine.backend.dtype import as_dtype
from engine.backend.dtype import set_default_dtype as choose_default_dtype
from engine.backend.namespace import xp
from engine.tensors import Tensor
from engine.tensors.from_data import array_from, device_of, is_array
from engine.tensors.making import as_device, place
from engine.tensors.options import chosen, ready


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A copy of numbers, lists, an array or a tensor, by default with the data's dtype and device (torch.tensor)."""
    host_read("tensor()")
    array = array_from(data, chosen(dtype))
    return ready(place(Tensor, array, as_device(device) or device_of(data)), requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The data as a tensor, without a copy where it is a tensor or an array already (torch.as_tensor)."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    if not is_array(data):
        return tensor(data, dtype=dtype, device=device)
    return place(Tensor, _native(data), device_of(data)).to(dtype=dtype, device=device)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """The data as a tensor, without a copy where possible; `copy` demands one, or none (torch.asarray).

    Raises ValueError where `copy=False` can't be.
    """
    made = as_tensor(obj, dtype, device)
    source = obj.array if isinstance(obj, Tensor) else obj
    shared = is_array(source) and made.array is not None and xp(source).may_share_memory(made.array, source)
    if copy is False and not shared:
        raise ValueError("can't alias the data given to asarray() with this dtype on this device: it has to be copied")
    made = (made.clone() if shared else made) if copy else made
    return ready(made.detach() if requires_grad else made, requires_grad)


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A vector over the memory of bytes or a buffer, `count` elements from byte `offset` on (torch.frombuffer)."""
    host_read("frombuffer()")
    return ready(wrap(Tensor, np.frombuffer(buffer, as_dtype(dtype).numpy, count, offset)), requires_grad)


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor over the same memory as a NumPy array; raises TypeError for anything else (torch.from_numpy)."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    host_read("from_numpy()")
    as_dtype(array.dtype)
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order: use array.astype() first"
        )
    return wrap(Tensor, np.asarray(array))


def is_tensor(obj: Any) -> bool:
    """Whether something is a tensor (torch.is_tensor)."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether a tensor holds floating point numbers (torch.is_floating_point)."""
    return input.dtype.is_floating_point


def numel(input: Tensor) -> int:
    """How many elements a tensor has (torch.numel)."""
    return input.numel()


def _native(array: Any) -> Any:
    return array.astype(as_dtype(array.dtype).numpy, copy=False)


def set_default_dtype(d: Any) -> None:
    """Choose the type of what is made of Python floats; raises TypeError for others (torch.set_default_dtype)."""
    choose_default_dtype(as_dtype(d))
    clear_plans()
