"""Rows of dropout: each oracle draws the words of Philox itself."""

import numpy as np

from engine.autograd.draw import Draw
from engine.backend.philox import uniform
from engine.ops.randomness.dropout import dropout, dropout_backward
from engine.testing.row import Sample, row, sample


class FixedSource:
    """A generator that never moves on."""

    def draw(self) -> Draw:
        return Draw(self, 5, 11)


def settings(rng: np.random.Generator) -> list[Sample]:
    draw = Draw(FixedSource(), 7, 3)
    shapes = ((3, 4), (), (0, 2), (40,))
    return [sample(rng.normal(size=shape), p, draw) for shape in shapes for p in (0.0, 0.25, 0.5, 1.0)]


def left_out(input: np.ndarray, p: float, draw: Draw) -> np.ndarray:
    """Element i is kept where its 32-bit word is below (1 - p) * 2**32; the words' high 24 bits are uniform's."""
    numbers = uniform(np, draw.seed, draw.offset, input.shape)
    return np.where(numbers < 1 - p, input / (1 - p if p < 1 else 1.0), 0.0)


def many(rng: np.random.Generator) -> list[Sample]:
    draw = Draw(FixedSource(), 7, 3)
    return [sample(rng.normal(size=shape), p, draw) for shape in ((4099, 9), (31,)) for p in (0.0, 0.1, 1.0)]


def masks(rng: np.random.Generator) -> list[Sample]:
    shapes = ((3, 4), (), (0, 2), (40,))
    return [
        sample(rng.normal(size=shape), np.asarray(rng.uniform(size=shape) < 0.6), p)
        for shape in shapes
        for p in (0.4, 1.0)
    ]


def many_masks(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=(4099, 9)), rng.uniform(size=(4099, 9)) < 0.6, 0.4)]


def kept(input: np.ndarray, mask: np.ndarray, p: float) -> np.ndarray:
    return np.where(mask, input / (1 - p) if p < 1 else 0.0, 0.0)


row(dropout, left_out, settings, large=many)
row(dropout_backward, kept, masks, large=many_masks)
