"""Creation of tensors like another one: its shape and, by default, its dtype, device and order in memory."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import on_its_own
from engine.creation.filled import empty, full
from engine.ops.layouts.layout import inverse_permutation, permute
from engine.ops.layouts.memory_layout import format_order, kept_order, preserve_format
from engine.tensors import Tensor
from engine.tensors.making import as_device
from engine.tensors.options import chosen, dense, ready


@dense
def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: str = preserve_format,
) -> Tensor:
    """One value in the shape, and by default the dtype and device, of the input (torch.full_like)."""
    kind, where = chosen(dtype) or input.dtype, as_device(device) or input.device
    order = _order(input, memory_format)
    made = full(tuple(input.shape[dim] for dim in order), fill_value, dtype=kind, device=where)
    return ready(_turned_back(made, order), requires_grad)


@dense
def zeros_like(input: Tensor, **options: Any) -> Tensor:
    """Zeros in the shape, and by default the dtype and device, of the input (torch.zeros_like)."""
    return full_like(input, 0, **options)


@dense
def ones_like(input: Tensor, **options: Any) -> Tensor:
    """Ones in the shape, and by default the dtype and device, of the input (torch.ones_like)."""
    return full_like(input, 1, **options)


@dense
def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: str = preserve_format,
) -> Tensor:
    """Whatever the memory held in the shape, and by default the dtype and device, of the input (torch.empty_like)."""
    kind, where = chosen(dtype) or input.dtype, as_device(device) or input.device
    order = _order(input, memory_format)
    made = empty(tuple(input.shape[dim] for dim in order), dtype=kind, device=where)
    return ready(_turned_back(made, order), requires_grad)


def _order(input: Tensor, memory_format: str) -> tuple[int, ...]:
    if memory_format != preserve_format:
        return format_order(memory_format, input.ndim)
    return tuple(range(input.ndim)) if input.array is None else kept_order(input.array)


def _turned_back(made: Tensor, order: tuple[int, ...]) -> Tensor:
    if order == tuple(range(len(order))):
        return made
    turned: Tensor = on_its_own(permute(made, inverse_permutation(order)))
    return turned
