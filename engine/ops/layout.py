"""Layout: the same elements in another shape, order, type or place."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, same
from engine.backend.device import device
from engine.backend.dtype import dtype
from engine.backend.namespace import to_device, xp


@op(shape=same, types="keep", view=True, differentiable=False)
def detach(input: Array) -> Any:
    """The same memory without history (torch.Tensor.detach)."""
    return input


@op(shape=same, types="keep")
def clone(input: Array) -> Any:
    """A copy in row-major order (torch.clone)."""
    return xp(input).array(input, order="C")


clone.gradient(input=lambda g: g)


@op(shape=lambda input, dtype: Spec(input.shape, dtype), types="keep")
def cast(input: Array, dtype: dtype) -> Any:
    """The elements converted to `dtype` (torch.Tensor.to)."""
    return input.astype(dtype.numpy)


cast.gradient(input=lambda g, dtype_of_input: g.to(dtype_of_input))


@op(shape=lambda input, shape: Spec(shape, input.dtype), types="keep", view=True)
def expand(input: Array, shape: tuple[int, ...]) -> Any:
    """The input repeated along new and length-1 dimensions without a copy (torch.Tensor.expand)."""
    return xp(input).broadcast_to(input, shape)


expand.gradient(input=lambda g: g)
