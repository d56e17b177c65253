"""Rows of degrees, distances and waves."""

import numpy as np

from engine.ops.elementwise import angles as ops
from engine.testing.row import Sample, binary, row, unary


def away_from_the_origin(rng: np.random.Generator) -> list[Sample]:
    return [each for each in binary(away_from=(0.0,))(rng) if all(isinstance(arg, np.ndarray) for arg in each.args)]


row(ops.hypot, np.hypot, away_from_the_origin, torch="hypot", elementwise=True)
row(ops.sinc, np.sinc, unary(away_from=(0.0,)), torch="sinc", elementwise=True)
