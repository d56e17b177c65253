"""Joining: tensors put together along a dimension, and the views that take them apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.output import with_out
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import TensorBase
from engine.backend.namespace import xp
from engine.ops.dimensions import wrap_dim
from engine.ops.indices.indexing import narrow
from engine.ops.layouts.layout import reshape, unsqueeze

Shape = tuple[int, ...]


def _counts(shape: Shape) -> bool:
    # An empty vector fits anything: PyTorch keeps this from the time when it had no other empty tensors.
    return shape != (0,)


def _cat_shape(tensors: tuple[Spec, ...], dim: int = 0) -> Spec:
    if any(not each.shape for each in tensors):
        number = next(number for number, each in enumerate(tensors) if not each.shape)
        raise RuntimeError(f"zero-dimensional tensor (at position {number}) cannot be concatenated")
    counted = [(number, each.shape) for number, each in enumerate(tensors) if _counts(each.shape)]
    if not counted:
        wrap_dim(dim, 1)
        return Spec((0,), tensors[0].dtype)
    first = counted[0][1]
    place = wrap_dim(dim, len(first))
    for number, shape in counted:
        if len(shape) != len(first):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}, shapes "
                f"{list(first)} and "
                f"{list(shape)}"
            )
        for each, (have, want) in enumerate(zip(shape, first, strict=True)):
            if each != place and have != want:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {place}. Expected size {want} but got size "
                    f"{have} for "
                    f"tensor number {number} in the list: shapes {list(first)} and {list(shape)}"
                )
    total = sum(shape[place] for _, shape in counted)
    return Spec((*first[:place], total, *first[place + 1 :]), tensors[0].dtype)


@op(shape=_cat_shape, rows=True, complex="holomorphic")
def cat(tensors: tuple[Array, ...], dim: int = 0) -> Any:
    """Tensors one after the other along a dimension; empty vectors are left out (torch.cat)."""
    space = xp(tensors[0])
    _cat_shape(tuple(Spec(each.shape, each.dtype) for each in tensors), dim)
    counted = [each for each in tensors if _counts(each.shape)] or list(tensors[:1])
    return space.concatenate(counted, axis=dim)


@cat.onto_output
def _cat_onto(output: Any, tensors: tuple[Any, ...], dim: int) -> None:
    counted = [each for each in tensors if _counts(each.shape)]
    if counted:
        np.concatenate(counted, axis=dim, out=output)


@cat.gradients
def _cat_gradients(g: Any, shape_of_tensors: tuple[Shape, ...], dim: int, needs: Any) -> tuple[tuple[Any, ...]]:
    place, start = wrap_dim(dim, g.ndim), 0
    gradients: list[Any] = []
    for shape, need in zip(shape_of_tensors, needs[0], strict=True):
        length = shape[place] if _counts(shape) else 0
        gradients.append(
            None if not need else narrow(g, place, start, length) if _counts(shape) else g.new_zeros(shape)
        )
        start += length
    return (tuple(gradients),)


def _stack_shape(tensors: tuple[Spec, ...], dim: int = 0) -> Spec:
    first = tensors[0].shape
    for number, each in enumerate(tensors):
        if each.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(each.shape)} at "
                f"entry {number}"
            )
    place = wrap_dim(dim, len(first) + 1)
    return Spec((*first[:place], len(tensors), *first[place:]), tensors[0].dtype)


@op(shape=_stack_shape, rows=True, complex="holomorphic")
def stack(tensors: tuple[Array, ...], dim: int = 0) -> Any:
    """Tensors of one shape side by side along a new dimension (torch.stack)."""
    _stack_shape(tuple(Spec(each.shape, each.dtype) for each in tensors), dim)
    return xp(tensors[0]).stack(tensors, axis=dim)


@stack.gradients
def _stack_gradients(g: Any, dim: int, needs: Any) -> tuple[tuple[Any, ...]]:
    slices = unbind(g, dim)
    return (tuple(each if need else None for each, need in zip(slices, needs[0], strict=True)),)


def _split_shape(input: Spec, split_sizes: Shape, dim: int = 0) -> tuple[Spec, ...]:
    if not input.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    place = wrap_dim(dim, input.ndim)
    length = input.shape[place]
    if sum(split_sizes) != length or any(each < 0 for each in split_sizes):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at dimension "
            f"{dim}), but "
            f"got split_sizes={list(split_sizes)}"
        )
    return tuple(Spec((*input.shape[:place], each, *input.shape[place + 1 :]), input.dtype) for each in split_sizes)


@op(shape=_split_shape, types="keep", view=True)
def split_with_sizes(input: Array, split_sizes: Shape, dim: int = 0) -> tuple[Any, ...]:
    """The input in pieces of the given lengths along a dimension, as views (torch.split)."""
    _split_shape(Spec(input.shape, input.dtype), split_sizes, dim)
    place, start, pieces = wrap_dim(dim, input.ndim), 0, []
    for length in split_sizes:
        pieces.append(input[(slice(None),) * place + (slice(start, start + length),)])
        start += length
    return tuple(pieces)


@split_with_sizes.gradients
def _split_gradients(g: Any, shape_of_input: Shape, split_sizes: Shape, dim: int) -> tuple[Any]:
    place = wrap_dim(dim, len(shape_of_input))
    known = next(each for each in g if each is not None)
    shapes = [(*shape_of_input[:place], each, *shape_of_input[place + 1 :]) for each in split_sizes]
    pieces = [known.new_zeros(shape) if each is None else each for each, shape in zip(g, shapes, strict=True)]
    return (cat(tuple(pieces), place),)


def _unbind_shape(input: Spec, dim: int = 0) -> tuple[Spec, ...]:
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    place = wrap_dim(dim, input.ndim)
    rest = Spec((*input.shape[:place], *input.shape[place + 1 :]), input.dtype)
    return (rest,) * input.shape[place]


@op(shape=_unbind_shape, types="keep", view=True)
def unbind(input: Array, dim: int = 0) -> tuple[Any, ...]:
    """The slices along a dimension, which disappears, as views (torch.unbind)."""
    _unbind_shape(Spec(input.shape, input.dtype), dim)
    place = wrap_dim(dim, input.ndim)
    # The ellipsis keeps NumPy from answering with numbers instead of 0-d views.
    return tuple(input[(slice(None),) * place + (position, ...)] for position in range(input.shape[place]))


@unbind.gradients
def _unbind_gradients(g: Any, dim: int) -> tuple[Any]:
    known = next(each for each in g if each is not None)
    return (stack(tuple(known.new_zeros(known.shape) if each is None else each for each in g), dim),)


def concat(tensors: Sequence[Any], dim: int = 0, *, out: Any = None) -> Any:
    """Tensors one after the other along a dimension; empty vectors are left out (torch.cat)."""
    if isinstance(tensors, TensorBase):
        raise TypeError(f"cat(): argument 'tensors' must be a tuple of tensors, not one of shape {list(tensors.shape)}")
    if not len(tensors):
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    return cat.into(out, (tuple(tensors), dim), {})


def _check_given(name: str, tensors: Sequence[Any]) -> None:
    if not len(tensors):
        raise RuntimeError(f"{name} expects a non-empty TensorList")


@with_out
def hstack(tensors: Sequence[Any]) -> Any:
    """Tensors beside each other: along columns, vectors end to end (torch.hstack)."""
    _check_given("hstack", tensors)
    lines = [reshape(each, (1,)) if not each.ndim else each for each in tensors]
    return cat(tuple(lines), 0 if lines[0].ndim == 1 else 1)


@with_out
def vstack(tensors: Sequence[Any]) -> Any:
    """Tensors above each other, vectors as rows (torch.vstack)."""
    _check_given("vstack", tensors)
    return cat(tuple(reshape(each, (1, each.numel())) if each.ndim < 2 else each for each in tensors), 0)


@with_out
def dstack(tensors: Sequence[Any]) -> Any:
    """Tensors behind each other, along the third dimension (torch.dstack)."""
    _check_given("dstack", tensors)
    rows = [reshape(each, (1, each.numel())) if each.ndim < 2 else each for each in tensors]
    return cat(tuple(unsqueeze(each, 2) if each.ndim == 2 else each for each in rows), 2)


@with_out
def column_stack(tensors: Sequence[Any]) -> Any:
    """Vectors as the columns of a matrix, beside matrices (torch.column_stack)."""
    _check_given("column_stack", tensors)
    return hstack([reshape(each, (each.numel(), 1)) if each.ndim < 2 else each for each in tensors])
