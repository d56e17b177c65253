"""Creation: tensors from data and from numbers alone, under PyTorch's names and with its defaults."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.autograd.modes import host_read
from engine.autograd.op import clear_plans
from engine.autograd.tensor_base import wrap
from engine.backend.device import CPU
from engine.backend.dtype import as_dtype, dtype, get_default_dtype, int64
from engine.backend.dtype import set_default_dtype as choose_default_dtype
from engine.ops import filling
from engine.ops.dimensions import new_shape, sizes
from engine.tensors import Tensor
from engine.tensors.from_data import array_from, device_of, inferred_dtype, is_array
from engine.tensors.making import as_device, place, template
from engine.tensors.making import empty as make_empty
from engine.tensors.making import full as make_full


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A copy of numbers, lists, an array or a tensor, by default with the data's dtype and device (torch.tensor)."""
    host_read("tensor()")
    array = array_from(data, _chosen(dtype))
    return _ready(place(Tensor, array, as_device(device) or device_of(data)), requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The data as a tensor, without a copy where it is a tensor or an array already (torch.as_tensor)."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    if not is_array(data):
        return tensor(data, dtype=dtype, device=device)
    return place(Tensor, _native(data), device_of(data)).to(dtype=dtype, device=device)


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


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of one value, whose type decides the dtype: bool, int64 or the default floating type (torch.full)."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    kind = _chosen(dtype) or inferred_dtype(fill_value)
    return _ready(make_full(Tensor, new_shape((size,)), value, kind, as_device(device) or CPU), requires_grad)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the default floating type (torch.zeros)."""
    return full(sizes(size), 0, dtype=_chosen(dtype) or get_default_dtype(), device=device, requires_grad=requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the default floating type (torch.ones)."""
    return full(sizes(size), 1, dtype=_chosen(dtype) or get_default_dtype(), device=device, requires_grad=requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with whatever the memory held (torch.empty)."""
    kind = _chosen(dtype) or get_default_dtype()
    return _ready(make_empty(Tensor, new_shape(size), kind, as_device(device) or CPU), requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """One value in the shape, and by default the dtype and device, of the input (torch.full_like)."""
    kind, where = _chosen(dtype) or input.dtype, as_device(device) or input.device
    return full(input.shape, fill_value, dtype=kind, device=where, requires_grad=requires_grad)


def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape, and by default the dtype and device, of the input (torch.zeros_like)."""
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape, and by default the dtype and device, of the input (torch.ones_like)."""
    return full_like(input, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def empty_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Whatever the memory held in the shape, and by default the dtype and device, of the input (torch.empty_like)."""
    kind, where = _chosen(dtype) or input.dtype, as_device(device) or input.device
    return empty(input.shape, dtype=kind, device=where, requires_grad=requires_grad)


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """start, start + step, ... below end; int64 if all are whole; raises RuntimeError for a bad step (torch.arange)."""
    start, end, step = (each.item() if isinstance(each, Tensor) else each for each in (start, end, step))
    start, end = (0, start) if end is None else (start, end)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError(f"upper bound and lower bound inconsistent with step sign: from {start} to {end} by {step}")
    whole = all(isinstance(each, int | np.integer) for each in (start, end, step))
    kind = _chosen(dtype) or (int64 if whole else get_default_dtype())
    count = -((start - end) // step) if whole else math.ceil((end - start) / step)
    return _ready(
        filling.new_range(template(Tensor, as_device(device) or CPU), start, step, count, kind), requires_grad
    )


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers from start to end, both included, evenly spaced (torch.linspace)."""
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, got {steps}")
    kind, where = _chosen(dtype) or get_default_dtype(), as_device(device) or CPU
    step = (end - start) / (steps - 1) if steps > 1 else 0.0
    made = filling.new_linspace(template(Tensor, where), float(start), float(end), step, steps, kind)
    return _ready(made, requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal of an n x m matrix, square by default, zeros elsewhere (torch.eye)."""
    rows, columns = new_shape((n, n if m is None else m))
    kind, where = _chosen(dtype) or get_default_dtype(), as_device(device) or CPU
    return _ready(filling.new_eye(template(Tensor, where), rows, columns, kind), requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = int64, device: Any = None) -> Tensor:
    """The rows and columns of a matrix's lower triangle, two rows of int64 (torch.tril_indices)."""
    return tensor(np.stack(np.tril_indices(row, offset, col)), dtype=dtype, device=device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = int64, device: Any = None) -> Tensor:
    """The rows and columns of a matrix's upper triangle, two rows of int64 (torch.triu_indices)."""
    return tensor(np.stack(np.triu_indices(row, offset, col)), dtype=dtype, device=device)


def is_tensor(obj: Any) -> bool:
    """Whether something is a tensor (torch.is_tensor)."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether a tensor holds floating point numbers (torch.is_floating_point)."""
    return input.dtype.is_floating_point


def numel(input: Tensor) -> int:
    """How many elements a tensor has (torch.numel)."""
    return input.numel()


def _chosen(given: Any) -> dtype | None:
    return None if given is None else as_dtype(given)


def _native(array: Any) -> Any:
    return array.astype(as_dtype(array.dtype).numpy, copy=False)


def _ready(made: Any, requires_grad: bool) -> Tensor:
    return made.requires_grad_() if requires_grad else made


def set_default_dtype(d: Any) -> None:
    """Choose the type of what is made of Python floats; raises TypeError for others (torch.set_default_dtype)."""
    choose_default_dtype(as_dtype(d))
    clear_plans()
