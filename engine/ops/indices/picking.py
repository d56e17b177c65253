"""What ops share that pick elements along a dimension and say where they were."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import on_host, xp
from engine.backend.scatter import add_at
from engine.ops.dimensions import wrap_dim
from engine.ops.return_types import shown_as


class Selected(NamedTuple):
    """The elements that were picked, and their positions along the dimension."""

    values: Any
    indices: Any


@shown_as("sort")
class Sorted(Selected):
    """All elements in order."""


@shown_as("topk")
class Top(Selected):
    """The first elements in order."""


@shown_as("kthvalue")
class Kth(Selected):
    """Elements at one place of the order."""


@shown_as("median")
class Median(Selected):
    """Elements in the middle of the order."""


@shown_as("nanmedian")
class NumberMedian(Selected):
    """Elements in the middle of the order of what is not NaN."""


@shown_as("mode")
class Mode(Selected):
    """The most frequent elements."""


@shown_as("max")
class Largest(Selected):
    """The largest elements."""


@shown_as("min")
class Smallest(Selected):
    """The smallest elements."""


@shown_as("cummax")
class LargestSoFar(Selected):
    """The largest of the elements up to each."""


@shown_as("cummin")
class SmallestSoFar(Selected):
    """The smallest of the elements up to each."""


def along(input: Any, dim: int) -> tuple[Any, int]:
    """An array with at least one dimension, and `dim` counted from its front."""
    return input.reshape(input.shape or (1,)), wrap_dim(dim, input.ndim)


def pick(input: Any, indices: Any, dim: int) -> Any:
    """The elements of an array at positions along `dim`."""
    return xp(input).take_along_axis(input, indices, dim)


def _placed_shape(input: Spec, indices: Spec, dim: int, length: int, distinct: bool) -> Spec:
    if not input.shape:
        return input
    return Spec((*input.shape[:dim], length, *input.shape[dim + 1 :]), input.dtype)


@op(shape=_placed_shape, types="keep", complex="holomorphic")
def place_along(input: Array, indices: Array, dim: int, length: int, distinct: bool) -> Any:
    """Zeros with the input's elements added at positions along `dim`, on the CPU always in the same order.

    The dimension counts from the front and has `length` elements in the result; `distinct` says that no two
    positions are equal.
    """
    if not input.shape:
        return input.copy()
    namespace = xp(input)
    if distinct:
        result = namespace.zeros((*input.shape[:dim], length, *input.shape[dim + 1 :]), input.dtype)
        namespace.put_along_axis(result, indices, input, dim)
        return result
    last = namespace.moveaxis(input, dim, -1)
    rows = math.prod(last.shape[:-1])
    firsts = (length * namespace.arange(rows)).reshape(*last.shape[:-1], 1)
    places = (namespace.moveaxis(indices, dim, -1) + firsts).reshape(-1)
    if not on_host(input):
        result = namespace.zeros(rows * length, input.dtype)
        add_at(result, places, last.reshape(-1))
        return namespace.ascontiguousarray(namespace.moveaxis(result.reshape(*last.shape[:-1], length), -1, dim))
    added = namespace.bincount(places, weights=last.reshape(-1), minlength=rows * length)
    result = added.astype(input.dtype).reshape(*last.shape[:-1], length)
    return namespace.ascontiguousarray(namespace.moveaxis(result, -1, dim))


place_along.gradient(input=lambda g, indices, dim: g.gather(dim, indices) if g.ndim else g)


def place_back(g: Any, indices: Any, shape: tuple[int, ...], dim: int) -> Any:
    """The gradient of picking distinct elements along `dim` of a tensor of `shape`."""
    axis = wrap_dim(dim, len(shape))
    return place_along(g, indices, axis, shape[axis] if shape else 1, True)
