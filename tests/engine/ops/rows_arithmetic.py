"""Rows of arithmetic."""

import numpy as np

from engine.ops.elementwise import arithmetic as ops
from engine.testing.row import Sample, binary, row, sample, unary


def signed_pairs(rng: np.random.Generator) -> list[Sample]:
    """Numbers whose quotients lie at least 0.1 away from whole numbers, of all signs."""
    divisor = rng.choice([-2.0, -0.5, 0.5, 2.0], (3, 4))
    quotient = rng.integers(-3, 4, (3, 4)) + rng.uniform(0.1, 0.9, (3, 4))
    return [
        sample(quotient * divisor, divisor),
        sample(quotient * 2.0, 2.0),
        sample(quotient[0] * -0.5, np.array(-0.5)),
        sample(np.zeros((0, 3)), np.ones((1, 3))),
    ]


def reflected_pairs(rng: np.random.Generator) -> list[Sample]:
    """Those pairs, and a number divided by an array."""
    return [*signed_pairs(rng), sample(3.0, rng.choice([-1.0, 1.0], (2, 3)) * rng.uniform(0.8, 0.95, (2, 3)))]


def whole_pairs(rng: np.random.Generator) -> list[Sample]:
    """Whole numbers of both signs and types, no divisor zero."""
    divisors = rng.choice([-3, -2, -1, 1, 2, 3], (3, 4))
    return [
        sample(rng.integers(-9, 9, (3, 4)), divisors),
        sample(rng.integers(0, 200, 5).astype("uint8"), 7),
        sample(rng.integers(-100, 100, 5).astype("int8"), np.array(-7, "int8")),
    ]


def truncated_or_floored(input: np.ndarray, other: np.ndarray | float, rounding_mode: str) -> np.ndarray:
    return {"floor": np.floor, "trunc": np.trunc}[rounding_mode](np.true_divide(input, other))


def in_both_modes(pairs: list[Sample]) -> list[Sample]:
    return [sample(*pair.args, mode) for pair in pairs for mode in ("floor", "trunc")]


def interpolations(rng: np.random.Generator) -> list[Sample]:
    start, end = rng.normal(size=(2, 3, 4))
    weight = rng.uniform(-1, 2, (3, 4))
    return [
        sample(start, end, 0.3),
        sample(start, end, 0.8),
        sample(start, end, weight),
        sample(start[0], end, np.array(0.4)),
        sample(start, end, 1),
    ]


def large_pairs(rng: np.random.Generator) -> list[Sample]:
    """Whole arrays, numbers, rows and columns, above a chunk and below."""
    shapes = (
        ((131, 257), (131, 257)),
        ((521, 509), (509,)),
        ((1, 3, 17), (40, 3, 17)),
        ((2, 5, 7, 9), (5, 1, 1)),
        ((3, 1), (3, 6001)),
        ((2, 1, 7, 1), (2, 3, 7, 19)),
        ((130, 257), ()),
    )
    pairs = [sample(*(rng.choice([-1, 1], each) * rng.uniform(0.5, 3, each) for each in pair)) for pair in shapes]
    array = rng.uniform(0.5, 3, (521, 509))
    return [*pairs, sample(array, -1.5), sample(2, array)]


row(ops.add, np.add, binary(), torch="add", elementwise=True, special=True, large=large_pairs)
row(ops.sub, np.subtract, binary(), torch="sub", elementwise=True, special=True, large=large_pairs)
row(ops.mul, np.multiply, binary(), torch="mul", elementwise=True, special=True, large=large_pairs)
row(ops.div, np.divide, binary(0.5, 3.0), torch="div", elementwise=True, special=True, large=large_pairs)
row(ops.neg, np.negative, unary(), torch="neg", elementwise=True, special=True)
row(ops.abs, np.abs, unary(away_from=(0.0,)), torch="abs", elementwise=True, special=True)
row(
    ops.sign, lambda input: np.nan_to_num(np.sign(input)), unary(away_from=(0.0,)), torch="sign", elementwise=True,
    special=True,
)  # fmt: skip
row(ops.square, lambda input: input**2, unary(), torch="square", elementwise=True, special=True)
row(ops.reciprocal, np.reciprocal, unary(0.5, 3.0), torch="reciprocal", elementwise=True, special=True)
row(
    ops.floor_divide,
    np.floor_divide,
    reflected_pairs,
    torch="floor_divide",
    gradient=False,
    elementwise=True,
    rtol=1e-7,
)
row(ops.floor_divide, np.floor_divide, whole_pairs, torch="floor_divide", gradient=False, label="whole")
row(ops.rounded_division, truncated_or_floored, lambda rng: in_both_modes(reflected_pairs(rng)))
row(ops.rounded_division, truncated_or_floored, lambda rng: in_both_modes(whole_pairs(rng)), label="whole")
row(ops.remainder, np.remainder, reflected_pairs, torch="remainder", elementwise=True, rtol=1e-9)
row(ops.remainder, np.remainder, whole_pairs, torch="remainder", label="whole")
row(ops.fmod, np.fmod, signed_pairs, torch="fmod", elementwise=True, rtol=1e-9)
row(ops.fmod, np.fmod, whole_pairs, torch="fmod", label="whole")
row(ops.lerp, lambda input, end, weight: input * (1 - weight) + end * weight, interpolations, torch="lerp")
