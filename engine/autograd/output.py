"""`out=`: results written into tensors that the caller gives."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from engine.autograd.modes import modes, no_grad
from engine.autograd.tensor_base import TensorBase
from engine.backend.namespace import xp


def with_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a keyword `out`: what to write the result into and return, of the same dtype."""

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **keywords: Any) -> Any:
        if out is None:
            return function(*args, **keywords)
        return written_out(function, function.__name__, args, keywords, out, exact=True)

    return call


def written_out(
    function: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    out: Any,
    exact: bool = False,
    elementwise: bool = False,
) -> Any:
    """Write what the function gives into `out` and return that.

    Raises RuntimeError where gradients would be lost, where `out` overlaps with itself or with an input (an
    elementwise function may write over its whole input), and for a dtype that the result can't be cast to, or, if
    `exact`, for any other than the result's.
    """
    inputs = [*_tensors(args), *_tensors(tuple(keywords.values()))]
    targets = out if isinstance(out, tuple) else (out,)
    for target in targets:
        _check_given(name, target, inputs)
        _check_overlap(target, inputs, elementwise)
    with no_grad():
        result = function(*args, **keywords)
        values = result if isinstance(result, tuple) else (result,)
        if len(values) != len(targets):
            raise TypeError(f"{name}() has {len(values)} outputs, `out` has {len(targets)} tensors")
        for target, value in zip(targets, values, strict=True):
            _check_type(target, value, exact)
            _fill(target, value)
    return out if not hasattr(result, "_fields") else type(result)(*targets)


def _tensors(values: tuple[Any, ...]) -> Iterator[TensorBase]:
    for value in values:
        if isinstance(value, TensorBase):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(tuple(value))


def _check_given(name: str, target: Any, inputs: list[TensorBase]) -> None:
    if not isinstance(target, TensorBase):
        raise TypeError(f"{name}(): argument 'out' must be a tensor, not {type(target).__name__} {target!r}")
    if modes.state.grad and any(each.requires_grad for each in (*inputs, target)):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )


def _check_overlap(target: TensorBase, inputs: list[TensorBase], elementwise: bool) -> None:
    array = target.array
    if array is None:
        return
    if any(stride == 0 and length > 1 for stride, length in zip(array.strides, array.shape, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory "
            f"location: shape {list(array.shape)}, strides {_strides(array)}. Please clone() the tensor before "
            "performing the operation."
        )
    for each in inputs:
        if each.array is None or not (each is target or xp(array).may_share_memory(array, each.array)):
            continue
        if not (elementwise and _is_same(target, each)):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                f"memory location: shapes {list(each.array.shape)} and {list(array.shape)}. Please clone() the tensor "
                "before performing the operation."
            )


def _is_same(target: Any, other: Any) -> bool:
    lies_alike = target.shape == other.shape and target.array.strides == other.array.strides
    return lies_alike and bool(target.data_ptr() == other.data_ptr())


def _strides(array: Any) -> list[int]:
    return [stride // array.itemsize for stride in array.strides]


def _check_type(target: TensorBase, value: TensorBase, exact: bool) -> None:
    if exact and target.dtype is not value.dtype:
        raise RuntimeError(f"Expected out tensor to have dtype {value.dtype}, but got {target.dtype} instead")
    if value.dtype.category > target.dtype.category:
        raise RuntimeError(f"result type {value.dtype} can't be cast to the desired output type {target.dtype}")


def _fill(target: Any, value: Any) -> None:
    if target.shape != value.shape:
        if target.numel():
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(target.shape)}, which does "
                f"not match the required output shape {list(value.shape)}.",
                stacklevel=5,
            )
        target.resize_(value.shape)
    target.copy_(value)
