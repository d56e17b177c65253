"""Rows of comparison and logic."""

import operator
from typing import Any

import numpy as np

from engine.ops.elementwise import comparison as ops
from engine.testing.row import PAIRS, Sample, row, sample


def close_numbers(rng: np.random.Generator) -> list[Sample]:
    """Pairs that are often equal, in floats and whole numbers, and with a number."""
    floats = [sample(*(rng.integers(-2, 3, shape).astype("float64") for shape in shapes)) for shapes in PAIRS]
    whole = rng.integers(-2, 3, (3, 4))
    return [*floats, sample(whole, whole[::-1]), sample(whole, 1), sample(whole, 0.5)]


def tensors_only(rng: np.random.Generator) -> list[Sample]:
    return [each for each in close_numbers(rng) if all(isinstance(arg, np.ndarray) for arg in each.args)]


def one_each(rng: np.random.Generator) -> list[Sample]:
    extremes = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5])
    return [sample(extremes), sample(extremes.reshape(2, 3).T), sample(np.arange(3)), sample(np.array(True))]


def bits(rng: np.random.Generator) -> list[Sample]:
    whole = rng.integers(-99, 99, (3, 4))
    masks = rng.random((2, 5)) < 0.5
    return [
        sample(whole, whole[::-1]),
        sample(whole, 12),
        sample(5, whole),
        sample(whole.astype("uint8"), np.array(3, "uint8")),
        sample(*masks),
    ]


def one_of_bits(rng: np.random.Generator) -> list[Sample]:
    return [sample(first) for first, _ in (each.args for each in bits(rng)) if isinstance(first, np.ndarray)]


def shifts(rng: np.random.Generator) -> list[Sample]:
    whole = rng.integers(-99, 99, (3, 4))
    return [sample(whole, rng.integers(0, 9, 4)), sample(whole, 3), sample(1, rng.integers(0, 9, 4)), sample(whole, 64)]


TRUTHS: dict[str, Any] = {"gradient": False, "elementwise": True, "special": True}

row(ops.eq, np.equal, close_numbers, torch=operator.eq, **TRUTHS)
row(ops.ne, np.not_equal, close_numbers, torch=operator.ne, **TRUTHS)
row(ops.lt, np.less, close_numbers, torch=operator.lt, **TRUTHS)
row(ops.le, np.less_equal, close_numbers, torch=operator.le, **TRUTHS)
row(ops.gt, np.greater, close_numbers, torch=operator.gt, **TRUTHS)
row(ops.ge, np.greater_equal, close_numbers, torch=operator.ge, **TRUTHS)

row(ops.logical_and, np.logical_and, tensors_only, torch="logical_and", **TRUTHS)
row(ops.logical_or, np.logical_or, tensors_only, torch="logical_or", **TRUTHS)
row(ops.logical_xor, np.logical_xor, tensors_only, torch="logical_xor", **TRUTHS)

row(ops.logical_not, np.logical_not, one_each, torch="logical_not", **TRUTHS)
row(ops.isnan, np.isnan, one_each, torch="isnan", **TRUTHS)
row(ops.isinf, np.isinf, one_each, torch="isinf", **TRUTHS)
row(ops.isfinite, np.isfinite, one_each, torch="isfinite", **TRUTHS)

row(ops.bitwise_and, np.bitwise_and, bits, torch="bitwise_and", gradient=False)
row(ops.bitwise_or, np.bitwise_or, bits, torch="bitwise_or", gradient=False)
row(ops.bitwise_xor, np.bitwise_xor, bits, torch="bitwise_xor", gradient=False)
row(ops.bitwise_not, np.bitwise_not, one_of_bits, torch="bitwise_not", gradient=False)
row(ops.bitwise_left_shift, np.left_shift, shifts, torch="bitwise_left_shift", gradient=False)
row(ops.bitwise_right_shift, np.right_shift, shifts, torch="bitwise_right_shift", gradient=False)
