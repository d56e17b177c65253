"""Options of functions that make tensors: layout, dtype, and whether gradients are collected."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from engine.autograd.output import written_out
from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import as_dtype, dtype
from engine.ops.layouts.memory_layout import strided

Made = TypeVar("Made")


def dense(make: Callable[..., Made]) -> Callable[..., Made]:
    """The function with PyTorch's options `layout`, of which there is `strided` alone, `pin_memory` and `out`.

    Pinning is a hint: memory is pinned where it is copied to a GPU. `out` is written into and decides the dtype.
    """

    @wraps(make)
    def made(*args: Any, layout: str = strided, pin_memory: bool = False, out: Any = None, **options: Any) -> Any:
        if out is not None:
            options.setdefault("dtype", out.dtype)
            return written_out(make, make.__name__, args, options, out)
        if layout != strided:
            raise NotImplementedError(f"{make.__name__}() makes tensors of layout {strided}, not {layout}")
        return make(*args, **options)

    return made


def sized(make: Callable[..., Made]) -> Callable[..., Made]:
    """The function, whose lengths may also be given together by the keyword `size`."""

    @wraps(make)
    def made(*lengths: Any, size: Any = None, **options: Any) -> Made:
        return make(*(lengths if size is None else (size,)), **options)

    return made


def chosen(given: Any) -> dtype | None:
    """The dtype that was asked for; None if none was."""
    return None if given is None else as_dtype(given)


def ready(made: Any, requires_grad: bool) -> Any:
    """A tensor just made, collecting gradients if it shall."""
    return made.requires_grad_() if requires_grad else made


def number_of(given: Any) -> Any:
    """A number, also out of a tensor of one."""
    return given.item() if isinstance(given, TensorBase) else given  # type: ignore[attr-defined]
