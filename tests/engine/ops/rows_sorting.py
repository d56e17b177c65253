"""Rows of sorting, medians and places in an order."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.ops.reductions import counting
from engine.ops.reductions import sorting as ops
from engine.testing.row import Sample, row, sample


def distinct(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return np.asarray(rng.permutation(int(np.prod(shape))).reshape(shape) / 5 - 1)


def sorts(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(distinct(rng, 3, 4)),
        sample(distinct(rng, 2, 3, 4), 1, True),
        sample(distinct(rng, 3, 4).T, 0, False, True),
        sample(distinct(rng, 3, 4), -2, descending=True),
        sample(distinct(rng)),
        sample(np.zeros((0, 3)), 0),
        sample(rng.integers(0, 3, (4, 5)), 1),
        sample(rng.integers(0, 3, (4, 5)), 1, True),
    ]


def in_order(array: np.ndarray, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    if not array.ndim:
        return array, 0
    order = np.argsort(-array if descending else array, axis=dim, kind="stable")
    return np.take_along_axis(array, order, dim), order


def kths(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(distinct(rng, 3, 5), 2),
        sample(distinct(rng, 3, 5), 3, 0, True),
        sample(distinct(rng, 2, 3, 4), 1, 1),
        sample(distinct(rng), 1),
    ]


def kth(array: np.ndarray, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    if not array.ndim:
        return array, 0
    values, order = in_order(array, dim)
    found = values.take([k - 1], dim), order.take([k - 1], dim)
    return found if keepdim else tuple(each.squeeze(dim) for each in found)


def medians(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(distinct(rng, 3, 5), 1),
        sample(distinct(rng, 3, 4), 1, True),
        sample(distinct(rng, 2, 3, 4), 0),
        sample(distinct(rng), 0),
    ]


def lower_median(array: np.ndarray, dim: int, keepdim: bool = False) -> Any:
    return kth(array, (array.shape[dim] + 1) // 2 if array.ndim else 1, dim, keepdim)


def places(rng: np.random.Generator) -> list[Sample]:
    steps = np.array([0.0, 1.0, 1.0, 2.5])
    return [
        sample(steps, np.array([[0.5, 1.0], [3.0, -1.0]]), False, False),
        sample(steps, np.array([1.0, 0.0]), True, True),
        sample(np.stack([steps, steps + 1]), np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 0.0]]), False, True),
    ]


def counted_places(steps: np.ndarray, values: np.ndarray, out_int32: bool, right: bool) -> np.ndarray:
    below = (steps[..., None, :] <= values[..., None]) if right else (steps[..., None, :] < values[..., None])
    return below.sum(axis=-1)


row(ops.sort, in_order, sorts)
row(ops.kthvalue, kth, kths, torch="kthvalue")
row(ops.median_dim, lower_median, medians, torch="median")
row(
    ops.median_all,
    lambda array: np.sort(array, axis=None)[(array.size - 1) // 2],
    lambda rng: [
        sample(distinct(rng, 3, 5)),
        sample(distinct(rng, 4)),
        sample(distinct(rng)),
    ],
)


def with_gaps(rng: np.random.Generator) -> list[Sample]:
    array = distinct(rng, 3, 6)
    array[0, 1] = array[0, 4] = array[2, 2] = np.nan
    array[1] = np.nan
    return [sample(array, 1), sample(array[::2], -1, True), sample(array.T, 0)]


def median_of_numbers(array: np.ndarray, dim: int, keepdim: bool = False) -> Any:
    def of_line(line: np.ndarray) -> int:
        order = np.argsort(line, kind="stable")
        return int(order[max(0, (~np.isnan(line)).sum() - 1) // 2])

    places = np.expand_dims(np.apply_along_axis(of_line, dim, array), dim)
    found = np.take_along_axis(array, places, dim), places
    return found if keepdim else tuple(each.squeeze(dim) for each in found)


def repeated(rng: np.random.Generator) -> list[Sample]:
    array = rng.integers(0, 4, (3, 7)) / 2
    return [sample(array), sample(array, 0, True), sample(rng.integers(0, 3, (2, 5, 3)), 1), sample(np.asarray(2.0), 0)]


def most_frequent(array: np.ndarray, dim: int = -1, keepdim: bool = False) -> Any:
    if not array.ndim:
        return array, np.zeros((), int)

    def of_line(line: np.ndarray) -> int:
        values, counts = np.unique(line, return_counts=True)
        return int(np.flatnonzero(line == values[counts.argmax()])[-1])

    places = np.expand_dims(np.apply_along_axis(of_line, dim, array), dim)
    found = np.take_along_axis(array, places, dim), places
    return found if keepdim else tuple(each.squeeze(dim) for each in found)


row(ops.nanmedian_dim, median_of_numbers, with_gaps, gradient=False)
row(ops.nanmedian_dim, lower_median, medians, label="numbers", torch="nanmedian")
row(
    ops.nanmedian_all,
    lambda array: np.sort(array, axis=None)[(np.count_nonzero(array == array) - 1) // 2],
    lambda rng: [sample(distinct(rng, 3, 5)), sample(distinct(rng))],
    torch="nanmedian",
)
row(ops.mode, most_frequent, repeated, gradient=False)
row(
    ops.mode, most_frequent, lambda rng: [sample(distinct(rng, 3, 5)), sample(distinct(rng, 4, 2), 0)], label="distinct"
)
row(counting.places_in_order, counted_places, places, gradient=False)
