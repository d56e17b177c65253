"""Resampling along one dimension: each result is a weighted sum of a few neighbours. Interpolation is made of it."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import on_host, xp
from engine.backend.scatter import add_at
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_bool, refuse_whole
from engine.ops.signals.resampling_filters import neighbours


def _replaced(input: Spec, dim: int, length: int) -> Spec:
    return Spec((*input.shape[:dim], length, *input.shape[dim + 1 :]), input.dtype)


def _resampled_shape(input: Spec, dim: int, length: int, kernel: str, align_corners: bool, scale: float | None) -> Spec:
    return _replaced(input, dim, length)


@op(shape=_resampled_shape, types="keep", rows=True)
def resample(input: Array, dim: int, length: int, kernel: str, align_corners: bool, scale: float | None) -> Any:
    """The input at `length` places spread evenly over a dimension (counted from the front), interpolated by a kernel.

    The kernels are `nearest`, `nearest-exact`, `linear`, `cubic`, and `smooth linear`, `smooth cubic` and
    `smooth lanczos`, which grow with the distance of the places so that nothing is left out. With `align_corners` the
    first and last places are the first and last elements; else `scale` is how many places an element has.
    """
    values = widened(input)
    indices, weights = neighbours(input.shape[dim], length, kernel, align_corners, scale)
    namespace = xp(input)
    if weights is None:
        return input.take(namespace.asarray(indices[0]), axis=dim)
    trailing = (1,) * (input.ndim - dim - 1)
    shares = namespace.asarray(weights, values.dtype).reshape(*weights.shape, *trailing)
    total = namespace.zeros((*input.shape[:dim], length, *input.shape[dim + 1 :]), values.dtype)
    for index, share in zip(indices, shares, strict=True):
        total += values.take(namespace.asarray(index), axis=dim) * share
    return narrowed(total, input)


@op(
    shape=lambda input, dim, length, kernel, align_corners, scale: _replaced(input, dim, length),
    types="keep",
    rows=True,
)
def resample_backward(
    input: Array, dim: int, length: int, kernel: str, align_corners: bool, scale: float | None
) -> Any:
    """Each place's share given back to its neighbours: the adjoint of `resample`, whose input had this length."""
    values = widened(input)
    indices, weights = neighbours(length, input.shape[dim], kernel, align_corners, scale)
    namespace = xp(input)
    total = namespace.zeros((*input.shape[:dim], length, *input.shape[dim + 1 :]), values.dtype)
    trailing = (1,) * (input.ndim - dim - 1)
    for tap, index in enumerate(indices):
        share = values
        if weights is not None:
            share = values * namespace.asarray(weights[tap], values.dtype).reshape(-1, *trailing)
        _add_along(total, index, share, dim)
    return narrowed(total, input)


def _add_along(total: Any, index: Any, share: Any, dim: int) -> None:
    """Add slices at positions along a dimension that never fall: equal ones are neighbours and are summed first."""
    if not len(index) or not share.size:
        return
    if not on_host(total):
        front = xp(total).moveaxis(total, dim, 0)
        add_at(front, xp(total).asarray(index), xp(total).moveaxis(share, dim, 0))
        return
    namespace = xp(index)
    firsts = namespace.flatnonzero(namespace.concatenate([[True], index[1:] != index[:-1]]))
    sums = share if len(firsts) == len(index) else namespace.add.reduceat(share, firsts, axis=dim)
    total[(slice(None),) * dim + (index[firsts],)] += sums


resample.gradient(
    input=lambda g, shape_of_input, dim, kernel, align_corners, scale: resample_backward(
        g, dim, shape_of_input[dim], kernel, align_corners, scale
    )
)
resample.refuse(refuse_bool)
resample_backward.gradient(
    input=lambda g, shape_of_input, dim, kernel, align_corners, scale: resample(
        g, dim, shape_of_input[dim], kernel, align_corners, scale
    )
)
resample_backward.refuse(refuse_whole)
