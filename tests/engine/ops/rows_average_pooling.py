"""Rows of average pooling and its adjoint."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.ops.signals import average_pooling
from engine.testing.linear import adjoint
from engine.testing.row import Sample, row, sample

Shape = tuple[int, ...]


def averages(rng: np.random.Generator) -> list[Sample]:
    def image(*shape: int) -> np.ndarray:
        return rng.normal(size=shape)

    return [
        sample(image(2, 3, 6, 5), (2, 2), (2, 2), (0, 0), False, True, None),
        sample(image(2, 3, 7, 5), (3, 2), (2, 1), (1, 1), False, False, None),
        sample(image(1, 2, 7, 6), (3, 3), (2, 2), (1, 1), True, True, None),
        sample(image(2, 8, 7), (3, 2), (2, 3), (1, 0), True, False, None),
        sample(image(2, 3, 5, 5), (2, 3), (2, 2), (1, 1), False, True, 5),
        sample(image(2, 3, 9), (4,), (3,), (2,), True, True, None),
        sample(image(1, 1, 4, 4, 4), (2, 2, 2), (2, 2, 2), (0, 0, 0), False, True, None),
        sample(image(6, 5, 2, 1).T, (2, 2), (2, 1), (0, 0), False, True, None),
        sample(image(0, 2, 4, 4), (2, 2), (2, 2), (0, 0), False, True, None),
    ]


def large_averages(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(7, 9, 25, 27)), (2, 2), (2, 2), (0, 0), False, True, None),
        sample(rng.normal(size=(7, 9, 25, 27)), (3, 3), (2, 1), (1, 1), True, False, None),
    ]


def averaged(
    input: np.ndarray,
    kernel: Shape,
    stride: Shape,
    padding: Shape,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> np.ndarray:
    """The mean of each window, by loops over windows."""
    rank = len(kernel)
    lengths = input.shape[-rank:]
    starts = []
    for length, size, step, pad in zip(lengths, kernel, stride, padding, strict=True):
        fits = list(range(-pad, length + pad - size + 1, step))
        if ceil_mode and fits[-1] + size < length + pad and fits[-1] + step < length:
            fits.append(fits[-1] + step)
        starts.append(fits)
    result = np.empty((*input.shape[:-rank], *map(len, starts)))
    for window in np.ndindex(*map(len, starts)):
        spans = [
            (fits[each], min(fits[each] + size, length + pad))
            for each, fits, size, length, pad in zip(window, starts, kernel, lengths, padding, strict=True)
        ]
        inside = [(max(0, start), min(end, length)) for (start, end), length in zip(spans, lengths, strict=True)]
        elements: Any = (..., *(slice(*span) for span in inside))
        seen = input[elements]
        count = math.prod(end - start for start, end in (spans if count_include_pad else inside))
        result[(..., *window)] = seen.sum(axis=tuple(range(-rank, 0))) / (divisor_override or count)
    return result


def average_shares(rng: np.random.Generator) -> list[Sample]:
    calls = []
    for input, kernel, *window in (call.args for call in averages(rng)[:7]):
        upstream = rng.normal(size=averaged(input, kernel, *window).shape)
        calls.append(sample(upstream, input.shape[-len(kernel) :], kernel, *window))
    return calls


def large_shares(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(7, 9, 12, 13)), (25, 27), (2, 2), (2, 2), (0, 0), False, True, None),
        sample(rng.normal(size=(7, 9, 13, 27)), (25, 27), (3, 3), (2, 1), (1, 1), True, True, 7),
    ]


def average_spread(upstream: np.ndarray, lengths: Shape, kernel: Shape, *window: Any) -> np.ndarray:
    shape = (*upstream.shape[: -len(lengths)], *lengths)
    return adjoint(lambda unit: averaged(unit, kernel, *window), shape, upstream)


row(average_pooling.avg_pool, averaged, averages, large=large_averages)
row(average_pooling.avg_pool_backward, average_spread, average_shares, large=large_shares)
