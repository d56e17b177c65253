"""Rows of adaptive and fractional pooling."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from engine.ops.signals import adaptive_pooling, fractional_pooling
from engine.testing.linear import adjoint
from engine.testing.row import Sample, row, sample

Shape = tuple[int, ...]


def spans(length: int, count: int) -> list[slice]:
    return [slice(math.floor(each * length / count), math.ceil((each + 1) * length / count)) for each in range(count)]


def adaptations(rng: np.random.Generator) -> list[Sample]:
    def image(*shape: int) -> np.ndarray:
        return rng.permutation(math.prod(shape)).reshape(shape) / 7 - 3

    return [
        sample(image(2, 3, 6, 5), (1, 1)),
        sample(image(2, 3, 7, 5), (3, 4)),
        sample(image(3, 4, 4), (4, 7)),
        sample(image(2, 3, 9), (2,)),
        sample(image(1, 2, 3, 4, 5), (2, 3, 2)),
        sample(image(6, 5, 2, 1).T, (2, 2)),
        sample(image(0, 2, 4, 4), (2, 3)),
    ]


def large_adaptations(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(70, 31, 4, 5)), (1, 1)),
        sample(rng.normal(size=(3, 33001)), (1,)),
        sample(rng.normal(size=(2, 2, 3, 4, 5)), (1, 1, 1)),
    ]


def adapted(input: np.ndarray, output: Shape) -> np.ndarray:
    rank = len(output)
    axes = [spans(length, count) for length, count in zip(input.shape[-rank:], output, strict=True)]
    result = np.empty((*input.shape[:-rank], *output))
    for window in np.ndindex(*output):
        inside: Any = (..., *(axis[each] for axis, each in zip(axes, window, strict=True)))
        seen = input[inside]
        result[(..., *window)] = seen.mean(axis=tuple(range(-rank, 0)))
    return result


def adapted_largest(input: np.ndarray, output: Shape) -> tuple[np.ndarray, np.ndarray]:
    rank, lengths = len(output), input.shape[-len(output) :]
    axes = [spans(length, count) for length, count in zip(lengths, output, strict=True)]
    values, indices = np.empty((2, *input.shape[:-rank], *output))
    planes = input.reshape(*input.shape[:-rank], math.prod(lengths))
    for window in np.ndindex(*output):
        places = list(
            itertools.product(*(range(a[each].start, a[each].stop) for a, each in zip(axes, window, strict=True)))
        )
        flat = [int(np.ravel_multi_index(place, lengths)) for place in places]
        seen = np.stack([planes[..., place] for place in flat])
        values[(..., *window)] = seen.max(axis=0)
        indices[(..., *window)] = np.array(flat)[seen.argmax(axis=0)]
    return values, indices


def adapted_shares(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(*input.shape[: -len(output)], *output)), input.shape[-len(output) :])
        for input, output in (call.args for call in adaptations(rng)[:5])
    ]


def large_shares(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=(31, 7, 1, 1)), (9, 11)), sample(rng.normal(size=(3, 1)), (11001,))]


def adapted_spread(upstream: np.ndarray, lengths: Shape) -> np.ndarray:
    rank = len(lengths)
    shape = (*upstream.shape[:-rank], *lengths)
    return adjoint(lambda unit: adapted(unit, upstream.shape[-rank:]), shape, upstream)


def fractions(rng: np.random.Generator) -> list[Sample]:
    def image(*shape: int) -> np.ndarray:
        return rng.permutation(math.prod(shape)).reshape(shape) / 7 - 3

    return [
        sample(image(2, 3, 7, 6), rng.uniform(size=(2, 3, 2)), (2, 3), (4, 2)),
        sample(image(2, 7, 7), rng.uniform(size=(1, 2, 2)), (2, 2), (5, 1)),
        sample(image(1, 2, 4, 5, 6), rng.uniform(size=(1, 2, 3)), (2, 2, 3), (2, 3, 2)),
    ]


def pooled_at_random(input: np.ndarray, samples: np.ndarray, kernel: Shape, output: Shape) -> Any:
    """Window by window: ⌊(i + u) α⌋ - ⌊u α⌋ with α = (length - kernel) / (count - 1), the last at the end."""
    rank, lengths = len(kernel), input.shape[-len(kernel) :]
    planes, numbers = input.reshape(-1, *lengths), samples.reshape(-1, rank)
    values, indices = np.empty((2, len(planes), *output))
    for plane, number in enumerate(numbers):
        for window in np.ndindex(*output):
            starts = []
            for axis, each in enumerate(window):
                free, u = lengths[axis] - kernel[axis], number[axis if rank == 3 else 1 - axis]
                distance = free / max(1, output[axis] - 1)
                last = each == output[axis] - 1
                starts.append(free if last else int((each + u) * distance) - int(u * distance))
            places = itertools.product(*(range(s, s + size) for s, size in zip(starts, kernel, strict=True)))
            best = max(places, key=lambda place: planes[plane][place])
            values[(plane, *window)] = planes[plane][best]
            indices[(plane, *window)] = np.ravel_multi_index(best, lengths)
    shape = (*input.shape[:-rank], *output)
    return values.reshape(shape), indices.reshape(shape)


row(adaptive_pooling.adaptive_avg_pool, adapted, adaptations, large=large_adaptations)
row(adaptive_pooling.adaptive_avg_pool_backward, adapted_spread, adapted_shares, large=large_shares)
row(adaptive_pooling.adaptive_max_pool, adapted_largest, adaptations)
row(fractional_pooling.fractional_max_pool, pooled_at_random, fractions, constants=(1,))
