"""Conversion: the same elements in another type or another place."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, same
from engine.autograd.tensor_base import wrap_spec
from engine.backend.device import META, device
from engine.backend.dtype import dtype
from engine.backend.namespace import to_device
from engine.ops.layouts.layout import clone, contiguous
from engine.ops.layouts.memory_layout import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    lies_in,
    preserve_format,
)


@op(shape=lambda input, dtype: Spec(input.shape, dtype), types="keep", complex="holomorphic")
def cast(input: Array, dtype: dtype) -> Any:
    """The elements converted to `dtype` (torch.Tensor.to)."""
    # What is imaginary is dropped, as PyTorch does with a warning.
    kept = input.real if input.dtype.kind == "c" and not dtype.is_complex else input
    return kept.astype(dtype.numpy)


cast.gradient(input=lambda g, dtype_of_input: g.to(dtype_of_input))


@op(shape=same, types="keep", complex="holomorphic")
def move(input: Array, device: device, home: device) -> Any:
    """The elements on `device`; `home` is where they come from and their gradient goes (torch.Tensor.to)."""
    return to_device(input, device)


move.gradient(input=lambda g, home: g.to(home))


def to(
    input: Any,
    dtype: dtype | None = None,
    device: device | None = None,
    copy: bool = False,
    memory_format: str = preserve_format,
) -> Any:
    """The input in another dtype and on another device; itself where nothing changes unless `copy` (Tensor.to)."""
    result = input
    if dtype is not None and dtype is not result.dtype:
        result = cast(result, dtype)
    if device is not None and device != result.device:
        result = _moved(result, device)
    if memory_format != preserve_format:
        laid = result is input and memory_format == contiguous_format and not _channels_last(input)
        result = result if laid else contiguous(result, memory_format)
    return clone(result, memory_format) if copy and result is input else result


def _channels_last(input: Any) -> bool:
    """Whether the channels of images or volumes lie innermost."""
    memory_format = {4: channels_last, 5: channels_last_3d}.get(input.ndim)
    return memory_format is not None and input.array is not None and lies_in(input.array, memory_format)


def _moved(input: Any, device: device) -> Any:
    if device == META:
        return wrap_spec(input.result_class, input.as_spec)
    if input.array is None:
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")
    return move(input, device, input.device)
