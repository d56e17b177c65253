"""Rows of pooling."""

from __future__ import annotations

import itertools
import math

import numpy as np

from engine.ops.indices import picking
from engine.ops.signals import pooling as ops
from engine.testing.row import Sample, row, sample

Shape = tuple[int, ...]


def windows(rng: np.random.Generator) -> list[Sample]:
    def image(*shape: int) -> np.ndarray:
        return rng.permutation(math.prod(shape)).reshape(shape) / 7 - 3

    return [
        sample(image(2, 3, 6, 5), (2, 2), (2, 2), (0, 0), (1, 1), False),
        sample(image(2, 3, 7, 5), (3, 2), (2, 1), (1, 0), (1, 1), False),
        sample(image(1, 2, 7, 6), (3, 3), (2, 2), (1, 1), (1, 1), True),
        sample(image(2, 7, 7), (2, 3), (1, 2), (0, 1), (3, 2), False),
        sample(image(1, 2, 8, 8), (2, 2), (2, 2), (1, 1), (2, 2), False),
        sample(image(2, 5, 5), (2, 2), (3, 3), (1, 1), (1, 1), True),
        sample(image(2, 3, 9), (3,), (2,), (1,), (2,), True),
        sample(image(1, 1, 4, 4, 4), (2, 2, 2), (2, 2, 2), (0, 0, 0), (1, 1, 1), False),
        sample(image(6, 5, 2, 1).T, (2, 2), (2, 1), (0, 0), (1, 1), False),
    ]


def large_windows(rng: np.random.Generator) -> list[Sample]:
    def image(*shape: int) -> np.ndarray:
        return rng.permutation(math.prod(shape)).reshape(shape) / 7 - 3

    return [
        sample(image(3, 5, 47, 51), (2, 2), (2, 2), (0, 0), (1, 1), False),
        sample(image(1, 17, 31, 40), (2, 2), (2, 2), (0, 0), (1, 1), False),
        sample(image(2, 31, 23, 25), (3, 3), (2, 2), (1, 1), (1, 1), True),
        sample(image(1, 9, 43, 51), (2, 3), (3, 1), (1, 1), (3, 2), False),
        sample(image(3, 5, 2301), (4,), (3,), (2,), (2,), True),
    ]


def taken(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(2, 3, 2, 3)), rng.integers(0, 20, (2, 3, 2, 3)), (4, 5)),
        sample(rng.normal(size=(2, 4)), np.array([[4, 0, 2, 6], [1, 3, 0, 5]]), (7,), True),
        sample(rng.normal(size=(3, 2, 1, 2)), rng.integers(0, 6, (3, 2, 1, 2)), (1, 2, 3)),
        sample(rng.normal(size=(0, 2, 2)), np.zeros((0, 2, 2), int), (3, 3)),
    ]


def many_taken(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=(13, 9, 11, 13)), rng.integers(0, 600, (13, 9, 11, 13)), (20, 30))]


def added_where_taken(g: np.ndarray, indices: np.ndarray, lengths: Shape, distinct: bool = False) -> np.ndarray:
    rank = len(lengths)
    planes = np.zeros((math.prod(g.shape[:-rank]), math.prod(lengths)))
    for plane, window in np.ndindex(len(planes), math.prod(g.shape[-rank:])):
        place = indices.reshape(len(planes), -1)[plane, window]
        planes[plane, place] += g.reshape(len(planes), -1)[plane, window]
    return planes.reshape(*g.shape[:-rank], *lengths)


def window_by_window(
    input: np.ndarray, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, ceil_mode: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The largest element of each window by loops over windows and their places."""
    rank = len(kernel)
    lengths = input.shape[-rank:]
    counts = []
    for length, size, step, pad, spread in zip(lengths, kernel, stride, padding, dilation, strict=True):
        starts = range(-pad, length + pad, step)
        fits = [start for start in starts if start + spread * (size - 1) < length + pad]
        covered = fits[-1] + spread * (size - 1) + 1
        counts.append(len(fits) + (ceil_mode and covered < length + pad and fits[-1] + step < length))
    planes = input.reshape(-1, *lengths)
    values, indices = np.empty((2, len(planes), *counts))
    for plane, window in itertools.product(range(len(planes)), np.ndindex(*counts)):
        found = []
        for place in np.ndindex(*kernel):
            at = tuple(
                each * step - pad + spread * inner
                for each, step, pad, spread, inner in zip(window, stride, padding, dilation, place, strict=True)
            )
            if all(0 <= each < length for each, length in zip(at, lengths, strict=True)):
                found.append((planes[plane][at], np.ravel_multi_index(at, lengths)))
        values[plane, *window], indices[plane, *window] = max(found)
    shape = (*input.shape[:-rank], *counts)
    return values.reshape(shape), indices.reshape(shape)


def placed(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(2, 3)), np.array([[4, 0, 2], [1, 3, 0]]), 1, 5, True),
        sample(rng.normal(size=(2, 3)), np.array([[4, 4, 2], [1, 0, 1]]), 1, 5, False),
        sample(rng.normal(size=(3, 2)), np.array([[0, 1], [0, 0], [1, 1]]), 0, 2, False),
        sample(rng.normal(size=(0, 2)), np.zeros((0, 2), int), 0, 3, False),
        sample(rng.normal(size=()), np.array(0), 0, 1, True),
    ]


def placed_one_by_one(array: np.ndarray, indices: np.ndarray, dim: int, length: int, distinct: bool) -> np.ndarray:
    if not array.ndim:
        return array
    result = np.zeros((*array.shape[:dim], length, *array.shape[dim + 1 :]))
    for at in np.ndindex(*array.shape):
        result[(*at[:dim], indices[at], *at[dim + 1 :])] += array[at]
    return result


row(ops.max_pool, window_by_window, windows, large=large_windows)
row(ops.max_pool_backward, added_where_taken, taken, large=many_taken)
row(picking.place_along, placed_one_by_one, placed)
