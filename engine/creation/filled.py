"""Creation of a size: one value everywhere, ones on the diagonal, or whatever the memory held."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.tensor_base import on_its_own
from engine.backend.dtype import INTEGER, dtype, get_default_dtype
from engine.ops.dimensions import new_shape, sizes
from engine.ops.layouts import filling
from engine.ops.layouts.layout import inverse_permutation, permute
from engine.ops.layouts.memory_layout import contiguous_format, format_order
from engine.tensors import Tensor
from engine.tensors.from_data import inferred_dtype
from engine.tensors.making import empty as make_empty
from engine.tensors.making import empty_strided as make_empty_strided
from engine.tensors.making import full as make_full
from engine.tensors.making import target_device, template
from engine.tensors.options import chosen, dense, number_of, ready, sized


@dense
def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of one value, whose type decides the dtype: bool, int64 or the default floating type (torch.full)."""
    if isinstance(size, int):
        raise TypeError(f"full(): argument 'size' must be a tuple of ints, not int {size}")
    value = number_of(fill_value)
    kind = chosen(dtype) or inferred_dtype(fill_value)
    _check_range(value, kind)
    return ready(make_full(Tensor, new_shape((size,)), value, kind, target_device(device)), requires_grad)


def _check_range(value: Any, kind: dtype) -> None:
    if kind.category == INTEGER:
        bounds = np.iinfo(kind.numpy)
        if not bounds.min <= value <= bounds.max:
            raise RuntimeError(f"value cannot be converted to type {kind.name} without overflow: {value}")


@dense
@sized
def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the default floating type (torch.zeros)."""
    return full(sizes(size), 0, dtype=chosen(dtype) or get_default_dtype(), device=device, requires_grad=requires_grad)


@dense
@sized
def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the default floating type (torch.ones)."""
    return full(sizes(size), 1, dtype=chosen(dtype) or get_default_dtype(), device=device, requires_grad=requires_grad)


@dense
@sized
def empty(
    *size: Any,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: str = contiguous_format,
) -> Tensor:
    """A tensor with whatever the memory held, laid in the order of a memory format (torch.empty)."""
    shape = new_shape(size)
    if memory_format != contiguous_format:
        order = format_order(memory_format, len(shape))
        return empty_permuted(shape, order, dtype=dtype, device=device, requires_grad=requires_grad)
    kind = chosen(dtype) or get_default_dtype()
    return ready(make_empty(Tensor, shape, kind, target_device(device)), requires_grad)


@dense
def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal of an n x m matrix, square by default, zeros elsewhere (torch.eye)."""
    rows, columns = new_shape((n, n if m is None else m))
    kind, where = chosen(dtype) or get_default_dtype(), target_device(device)
    return ready(filling.new_eye(template(Tensor, where), rows, columns, kind), requires_grad)


@dense
def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of one number without dimensions, of the default floating type (torch.scalar_tensor)."""
    return full((), s, dtype=chosen(dtype) or get_default_dtype(), device=device, requires_grad=requires_grad)


@dense
def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of these strides with whatever the memory held (torch.empty_strided)."""
    kind, where = chosen(dtype) or get_default_dtype(), target_device(device)
    return ready(make_empty_strided(Tensor, new_shape((size,)), sizes((stride,)), kind, where), requires_grad)


@dense
def empty_permuted(
    size: Any, physical_layout: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Whatever the memory held, with its dimensions in memory in an order, outermost first (torch.empty_permuted)."""
    shape, order = new_shape((size,)), sizes((physical_layout,))
    if sorted(order) != list(range(len(shape))):
        raise RuntimeError(f"physical_layout must be an order of the {len(shape)} dimensions, each once, got {order}")
    laid = empty(tuple(shape[dim] for dim in order), dtype=dtype, device=device)
    return ready(on_its_own(permute(laid, inverse_permutation(order))), requires_grad)
