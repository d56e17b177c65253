"""Batches from samples: default_collate and default_convert, by way of NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.autograd.tensor_base import TensorBase
from engine.backend.namespace import xp
from engine.creation import as_tensor

LETTERS = "USOV"


def default_collate(batch: Sequence[Any]) -> Any:
    """Samples stacked into tensors along a new first dimension (torch.utils.data.default_collate).

    Numbers, arrays and tensors become tensors (Python floats float64), strings stay in their list or tuple; mappings
    keep their keys, named tuples their type, other tuples and lists become lists. Raises TypeError for anything else
    and RuntimeError for samples of unequal structure.
    """
    return default_convert(stacked(batch))


def default_convert(data: Any) -> Any:
    """Arrays in nested containers as tensors that share their memory (torch.utils.data.default_convert)."""
    return mapped(data, lambda leaf: as_tensor(leaf) if is_numeric(leaf) else leaf)


def as_arrays(data: Any) -> Any:
    """Tensors in nested containers as the arrays they hold."""
    return mapped(data, lambda leaf: leaf.array if isinstance(leaf, TensorBase) else leaf)


def stacked(samples: Sequence[Any]) -> Any:
    """Samples stacked into arrays: `default_collate` before its arrays become tensors."""
    first = samples[0]
    if isinstance(first, TensorBase):
        return _stack([sample.array for sample in samples])
    if is_numeric(first):
        return _stack(samples)
    if isinstance(first, float):
        return np.array(samples, np.float64)
    if isinstance(first, bool | int):
        return np.array(samples)
    if isinstance(first, str | bytes):
        return samples
    if isinstance(first, Mapping):
        return rebuilt(first, {key: stacked([sample[key] for sample in samples]) for key in first})
    if isinstance(first, tuple | list):
        return _transposed(first, samples)
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {type(first).__module__}.{type(first).__qualname__}"
    )


def _stack(arrays: Sequence[Any]) -> Any:
    shapes = {np.shape(array) for array in arrays}
    if len(shapes) > 1:
        raise RuntimeError(
            f"stack expects each sample to be of equal size, but got {', '.join(map(str, sorted(shapes)))}"
        )
    return xp(arrays[0]).stack(arrays)


def _transposed(first: Any, samples: Sequence[Any]) -> Any:
    if any(len(sample) != len(first) for sample in samples):
        raise RuntimeError("each element in list of batch should be of equal size")
    columns = [stacked(column) for column in zip(*samples, strict=True)]
    return type(first)(*columns) if hasattr(first, "_fields") else columns


def mapped(data: Any, function: Callable[[Any], Any]) -> Any:
    """A nested container with a function applied to what it holds; plain tuples become lists, but not of strings."""
    if isinstance(data, Mapping):
        return rebuilt(data, {key: mapped(value, function) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(mapped(value, function) for value in data))
    if isinstance(data, tuple) and data and isinstance(data[0], str | bytes):
        return data
    if isinstance(data, tuple | list):
        return [mapped(value, function) for value in data]
    return function(data)


def rebuilt(like: Mapping[Any, Any], values: dict[Any, Any]) -> Any:
    """Values in a mapping of the same type, or in a dict where that type can't be made from one."""
    try:
        return type(like)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def is_numeric(value: Any) -> bool:
    """Whether a value is an array or a NumPy number, not of strings or objects."""
    return (
        hasattr(value, "dtype")
        and hasattr(value, "shape")
        and not isinstance(value, TensorBase)
        and (value.dtype.kind not in LETTERS)
    )
