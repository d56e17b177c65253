"""Rows of selection."""

import numpy as np

from engine.ops.elementwise import selection as ops
from engine.testing.row import Sample, binary, row, sample


def chosen(rng: np.random.Generator) -> list[Sample]:
    condition = rng.random((3, 4)) < 0.5
    first, second = rng.normal(size=(2, 3, 4))
    return [
        sample(condition, first, second),
        sample(condition, first[0], second[:, :1]),
        sample(condition[0], first, 2.5),
        sample(condition, 0, second),
        sample(np.array(True), first, np.array(1.5)),
        sample(condition, np.array(0.5), np.array(1.5)),
        sample(np.ones((0, 4), bool), first[:1], second[:1]),
    ]


def kept(rng: np.random.Generator) -> list[Sample]:
    keep = rng.random((3, 4)) < 0.5
    return [
        sample(rng.normal(size=(3, 4)), keep),
        sample(rng.normal(size=4), keep),
        sample(rng.normal(size=(2, 3, 4)), keep),
        sample(rng.normal(size=()), np.array(False)),
        sample(np.array([np.nan, np.inf, 1.0]), np.array([False, False, True])),
        sample(rng.integers(-9, 9, (4, 3)).T, keep),
    ]


def many_chosen(rng: np.random.Generator) -> list[Sample]:
    x = rng.normal(size=(9, 121, 133))
    return [sample(x < 0.3, x, 2.5), sample(x[0] < 0.3, -1, x)]


def many_kept(rng: np.random.Generator) -> list[Sample]:
    x = rng.normal(size=(9, 121, 133))
    return [sample(x, x < 0.3), sample(x, x[0] < 0.3)]


def clamped(rng: np.random.Generator) -> list[Sample]:
    grid = rng.permutation(24).reshape(2, 3, 4) / 4 - 3.0
    bounds = rng.permutation(12).reshape(3, 4) / 4 - 1.6
    return [
        sample(grid, -1.1, 1.1),
        sample(grid, min=-1.1),
        sample(grid, max=1.1),
        sample(grid, bounds, bounds + 0.9),
        sample(grid, bounds, bounds[::-1] + 0.1),
        sample(grid, bounds),
        sample(grid, None, np.array(0.6)),
        sample(rng.integers(-9, 9, (3, 4)), -2, 3),
    ]


def clamped_by_both_kinds(rng: np.random.Generator) -> list[Sample]:
    """A number on one side and a tensor on the other, which PyTorch's function does not take."""
    grid = rng.permutation(24).reshape(2, 3, 4) / 4 - 3.0
    bounds = rng.permutation(12).reshape(3, 4) / 4 - 1.6
    return [sample(grid, -0.9, bounds), sample(grid, bounds, 0.2)]


def clamped_oracle(
    input: np.ndarray, min: np.ndarray | float | None = None, max: np.ndarray | float | None = None
) -> np.ndarray:
    raised = input if min is None else np.where(input < min, min, input)
    return raised if max is None else np.where(raised > max, max, raised)


def filled(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(3, 4)), 2),
        sample(rng.normal(size=(3, 4)), np.array(1.5)),
        sample(rng.normal(size=()), -0.5),
        sample(rng.integers(0, 9, (2, 3)), 1.9),
    ]


def filled_oracle(input: np.ndarray, value: np.ndarray | float) -> np.ndarray:
    return np.full(input.shape, value, input.dtype)


def arrays(rng: np.random.Generator) -> list[Sample]:
    """Pairs of arrays without a number, no two elements within 0.05 of each other."""
    pairs = [pair for pair in binary()(rng) if all(isinstance(each, np.ndarray) for each in pair.args)]
    return [
        sample(first, np.asarray(second + 0.1 * np.sign(second - first + 1e-9))) for first, second in map(_args, pairs)
    ]


def _args(pair: Sample) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.broadcast_arrays(*pair.args)
    return np.array(first), np.array(second)


row(ops.where, np.where, chosen, torch="where", large=many_chosen)
row(ops.masked, lambda input, keep: np.where(keep, input, 0), kept, large=many_kept)
row(ops.maximum, np.maximum, arrays, torch="maximum", elementwise=True, special=True)
row(ops.minimum, np.minimum, arrays, torch="minimum", elementwise=True, special=True)
row(ops.clamp, clamped_oracle, clamped, torch="clamp")
row(ops.clamp, clamped_oracle, clamped_by_both_kinds, label="number-and-tensor")
row(ops.fill, filled_oracle, filled, torch="fill")
