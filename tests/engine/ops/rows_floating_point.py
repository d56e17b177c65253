"""Rows of the parts of floating-point numbers."""

import numpy as np

from engine.ops.elementwise import floating_point as ops
from engine.testing.row import Sample, binary, row, sample, unary

POWERS_OF_TWO = (-2.0, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0)


def arrays(rng: np.random.Generator) -> list[Sample]:
    return [each for each in binary(away_from=(0.0,))(rng) if all(isinstance(arg, np.ndarray) for arg in each.args)]


def arrays_and_numbers(rng: np.random.Generator) -> list[Sample]:
    return [each for each in binary(away_from=(0.0,))(rng) if isinstance(each.args[0], np.ndarray)]


def zeros(rng: np.random.Generator) -> list[Sample]:
    signs = np.array([1.0, -1.0, 0.0, -0.0])
    return [sample(np.zeros(4), signs), sample(-signs, signs), sample(signs, -0.0)]


row(ops.signbit, np.signbit, unary(), torch="signbit", gradient=False, elementwise=True, special=True)
row(ops.signbit, np.signbit, lambda rng: [sample(np.arange(-2, 3))], torch="signbit", gradient=False, label="whole")
row(ops.copysign, np.copysign, arrays_and_numbers, torch="copysign", elementwise=True, special=True)
row(ops.copysign, np.copysign, zeros, torch="copysign", gradient=False, label="zeros")
row(ops.nextafter, np.nextafter, arrays, torch="nextafter", dtypes=("float64",), special=True)
row(ops.frexp, np.frexp, unary(away_from=POWERS_OF_TWO), torch="frexp")
