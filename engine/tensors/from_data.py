"""Arrays from what people write: numbers, nested lists, NumPy arrays and tensors, with PyTorch's choice of dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.autograd.tensor_base import TensorBase
from engine.backend.device import get_default_device
from engine.backend.dtype import as_dtype, bool_, dtype, get_default_dtype, int64, promote_types
from engine.backend.namespace import array_device, cupy

_NUMBERS: tuple[type, ...] = (bool, int, float, complex)


def array_from(data: Any, given: dtype | None) -> Any:
    """A fresh array of the data, in the dtype given or inferred; raises TypeError or ValueError for bad data."""
    if isinstance(data, TensorBase):
        if data.array is None:
            raise NotImplementedError("Cannot copy out of meta tensor; no data!")
        return data.array.astype((given or data.dtype).numpy)
    if is_array(data):
        return data.astype((given or as_dtype(data.dtype)).numpy)
    chosen = given or inferred_dtype(data)
    shape = _shape(data)
    if isinstance(data, list | tuple):
        data = _plain(data)
    return np.array(data, dtype=chosen.numpy).reshape(shape)


def is_array(data: Any) -> bool:
    """Whether the data is an array of NumPy or CuPy."""
    return isinstance(data, np.ndarray) or (
        hasattr(data, "__cuda_array_interface__") and isinstance(data, cupy().ndarray)
    )


def device_of(data: Any) -> Any:
    """The device of the data: where a tensor or a GPU's array is, the thread's default for the rest."""
    if isinstance(data, TensorBase):
        return data.device
    return array_device(data) if is_array(data) and not isinstance(data, np.ndarray) else get_default_device()


def inferred_dtype(data: Any) -> dtype:
    """The dtype that torch.tensor gives: the default type for floats, int64 for ints, its own for an array."""
    if isinstance(data, TensorBase):
        return data.dtype
    if isinstance(data, np.ndarray | np.generic):
        return as_dtype(data.dtype)
    if isinstance(data, bool):
        return bool_
    if isinstance(data, int):
        return int64
    if isinstance(data, float):
        return get_default_dtype()
    if isinstance(data, complex):
        return get_default_dtype().to_complex()
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _common_dtype(data)
    raise TypeError(f"a tensor can't be made of {type(data).__name__} {data!r}"[:200])


def _common_dtype(data: Sequence[Any]) -> dtype:
    if not data:
        return get_default_dtype()
    kinds = set(map(type, data))
    if kinds <= set(_NUMBERS):
        if complex in kinds:
            return get_default_dtype().to_complex()
        return get_default_dtype() if float in kinds else int64 if int in kinds else bool_
    result: dtype | None = None
    for each in data:
        found = inferred_dtype(each)
        result = found if result is None else promote_types(result, found)
    assert result is not None
    return result


def _shape(data: Any) -> tuple[int, ...]:
    if isinstance(data, TensorBase | np.ndarray | np.generic):
        return tuple(data.shape)
    if not isinstance(data, Sequence):
        return ()
    lengths = {_shape(each) if not isinstance(each, _NUMBERS) else () for each in data}
    if len(lengths) > 1:
        raise ValueError(_ragged(data, 0))
    return (len(data), *(lengths.pop() if lengths else ()))


def _ragged(data: Sequence[Any], dim: int) -> str:
    inner = [each if isinstance(each, Sequence | np.ndarray | TensorBase) else None for each in data]
    if any(each is None for each in inner):
        return f"numbers and sequences stand side by side at dim {dim + 1}: {data!r}"[:200]
    wanted = len(data[0])
    for each in data:
        if len(each) != wanted:
            return f"expected sequence of length {wanted} at dim {dim + 1} (got {len(each)})"
    return next(text for each in data if (text := _ragged(each, dim + 1)))


def _plain(data: Any) -> Any:
    """Nested lists with tensors as arrays, which NumPy knows how to stack."""
    if isinstance(data, TensorBase):
        return data.detach().cpu().array  # type: ignore[attr-defined]
    if isinstance(data, list | tuple) and not set(map(type, data)) <= set(_NUMBERS):
        return [_plain(each) for each in data]
    return data
