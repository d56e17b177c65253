"""Layout: the same elements in another shape, order, type or place."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, same
from engine.backend.namespace import xp


@op(shape=same, types="keep", view=True, differentiable=False)
def detach(input: Array) -> Any:
    """The same memory without history (torch.Tensor.detach)."""
    return input


@op(shape=same, types="keep")
def clone(input: Array) -> Any:
    """A copy in row-major order (torch.clone)."""
    return xp(input).array(input, order="C")


clone.gradient(input=lambda g: g)


@op(shape=lambda input, shape: Spec(shape, input.dtype), types="keep", view=True)
def expand(input: Array, shape: tuple[int, ...]) -> Any:
    """The input repeated along new and length-1 dimensions without a copy (torch.Tensor.expand)."""
    return xp(input).broadcast_to(input, shape)


expand.gradient(input=lambda g: g)


def _aliases(array: Any, shape: tuple[int, ...]) -> Any:
    """The array in another shape without a copy; None where its strides forbid it."""
    viewed = array.reshape(shape)
    return viewed if viewed.size == 0 or xp(array).shares_memory(viewed, array) else None


@op(shape=lambda input, shape: Spec(shape, input.dtype), types="keep", view=True)
def view(input: Array, shape: tuple[int, ...]) -> Any:
    """The same memory in another shape; raises RuntimeError where the strides forbid it (torch.Tensor.view)."""
    viewed = _aliases(input, shape)
    if viewed is None:
        raise RuntimeError(
            f"view size {list(shape)} is not compatible with input tensor's size {list(input.shape)} and stride "
            "(at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return viewed


view.gradient(input=lambda g, shape_of_input: g.reshape(shape_of_input))


def complete_shape(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The shape with its -1 worked out from the number of elements; raises RuntimeError where none fits."""
    known = 1
    for length in shape:
        known *= length if length != -1 else 1
    if shape.count(-1) > 1 or any(length < -1 for length in shape):
        raise RuntimeError(f"invalid shape {list(shape)}: only one dimension can be inferred (-1)")
    if -1 in shape:
        if known == 0 or size % known:
            raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
        return tuple(size // known if length == -1 else length for length in shape)
    if known != size:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
    return tuple(shape)


def reshape(input: Any, shape: tuple[int, ...]) -> Any:
    """The input in another shape: a view where strides allow it, else a copy (torch.reshape)."""
    complete = complete_shape(tuple(shape), input.spec_or_shape.size)
    if input.array is not None and _aliases(input.array, complete) is None:
        return view(clone(input), complete)
    return view(input, complete)
