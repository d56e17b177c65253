"""Rows of columns of sliding blocks."""

from __future__ import annotations

import itertools
import math

import numpy as np

from engine.ops.signals import column
from engine.testing.linear import adjoint
from engine.testing.row import Sample, row, sample

Shape = tuple[int, ...]


def blocks(rng: np.random.Generator) -> list[Sample]:
    def image(*shape: int) -> np.ndarray:
        return rng.normal(size=shape)

    return [
        sample(image(2, 3, 5, 6), (2, 3), (1, 1), (0, 0), (1, 1)),
        sample(image(2, 2, 6, 7), (3, 2), (2, 1), (1, 2), (2, 3)),
        sample(image(3, 4, 4), (2, 2), (1, 2), (1, 0), (2, 1)),
        sample(image(6, 5, 2, 1).T, (2, 2), (1, 1), (0, 0), (2, 2)),
        sample(image(0, 2, 4, 4), (2, 2), (1, 1), (0, 0), (1, 1)),
    ]


def unfolded(input: np.ndarray, kernel: Shape, dilation: Shape, padding: Shape, stride: Shape) -> np.ndarray:
    """Block by block."""
    around = np.pad(input, [(0, 0)] * (input.ndim - 2) + [(pad, pad) for pad in padding])
    reaches = [step * (size - 1) + 1 for size, step in zip(kernel, dilation, strict=True)]
    starts = itertools.product(
        *(range(0, n - reach + 1, step) for n, reach, step in zip(around.shape[-2:], reaches, stride, strict=True))
    )
    columns = [
        around[..., y : y + reaches[0] : dilation[0], x : x + reaches[1] : dilation[1]].reshape(
            *input.shape[:-3], input.shape[-3] * math.prod(kernel)
        )
        for y, x in starts
    ]
    return np.stack(columns, -1)


def columns(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=unfolded(input, *window).shape), input.shape[-2:], *window)
        for input, *window in (call.args for call in blocks(rng)[:4])
    ]


def folded(input: np.ndarray, output: Shape, kernel: Shape, *window: Shape) -> np.ndarray:
    shape = (*input.shape[:-2], input.shape[-2] // math.prod(kernel), *output)
    return adjoint(lambda unit: unfolded(unit, kernel, *window), shape, input)


row(column.im2col, unfolded, blocks)
row(column.col2im, folded, columns)
