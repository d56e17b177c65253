"""Arrays from what people write: numbers, nested lists, NumPy arrays and tensors, with PyTorch's choice of dtype."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.autograd.tensor_base import TensorBase
from engine.backend.device import get_default_device
from engine.backend.dtype import as_dtype, bool_, dtype, get_default_dtype, int64, promote_types
from engine.backend.namespace import array_device, cupy

_NUMBERS: tuple[type, ...] = (bool, int, float, complex)


def array_from(data: Any, given: dtype | None) -> Any:
    """A fresh array of the data, in the dtype given or inferred; raises TypeError, ValueError or RuntimeError."""
    if isinstance(data, TensorBase):
        if data.array is None:
            raise NotImplementedError("Cannot copy out of meta tensor; no data!")
        return data.array.astype((given or data.dtype).numpy)
    if is_array(data):
        return data.astype((given or as_dtype(data.dtype)).numpy)
    if given is not None:
        _check_numbers(data)
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
    _refuse_text(data)
    if isinstance(data, Sequence):
        return _common_dtype(data)
    raise RuntimeError(f"Could not infer dtype of {type(data).__name__}: {data!r} is no number"[:200])


def _check_numbers(data: Any) -> None:
    """Raise for what is none, which NumPy would make a number of all the same, as of None."""
    _refuse_text(data)
    if isinstance(data, Sequence):
        if not set(map(type, data)) <= set(_NUMBERS):
            for each in data:
                _check_numbers(each)
    elif not isinstance(data, TensorBase | np.ndarray | np.generic | numbers.Number):
        raise TypeError(f"must be real number, not {type(data).__name__}: {data!r}"[:200])


def _refuse_text(data: Any) -> None:
    if isinstance(data, str | bytes):
        raise TypeError(f"a tensor can't be made of data type {type(data).__name__!r}: {data!r}"[:200])
    if isinstance(data, list | tuple) and data and isinstance(data[0], str | bytes):
        raise ValueError(f"too many dimensions {type(data[0]).__name__!r}: {data!r} holds text"[:200])


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
        raise _ragged(data)
    return (len(data), *(lengths.pop() if lengths else ()))


def _ragged(data: Sequence[Any]) -> Exception:
    """What to raise for nested sequences that are no box, found level by level."""
    dim, level = 1, list(data)
    while all(isinstance(each, Sequence | np.ndarray | TensorBase) for each in level):
        wanted = len(level[0])
        for each in level:
            if len(each) != wanted:
                return ValueError(f"expected sequence of length {wanted} at dim {dim} (got {len(each)})")
        dim, level = dim + 1, [inner for each in level for inner in each]
    return TypeError(f"numbers and sequences stand side by side at dim {dim}: {data!r}"[:200])


def _plain(data: Any) -> Any:
    """Nested lists with tensors as arrays, which NumPy knows how to stack."""
    if isinstance(data, TensorBase):
        return data.detach().cpu().array  # type: ignore[attr-defined]
    if isinstance(data, list | tuple) and not set(map(type, data)) <= set(_NUMBERS):
        return [_plain(each) for each in data]
    return data
