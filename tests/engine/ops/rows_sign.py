"""Rows of steps and angles of real numbers."""

import numpy as np

from engine.ops.elementwise import sign as ops
from engine.testing.row import Sample, row, sample, unary


def steps(rng: np.random.Generator) -> list[Sample]:
    edge = np.array([-1.0, -0.0, 0.0, 2.0, np.inf, -np.inf])
    return [sample(edge, np.array(0.5)), sample(edge, edge[::-1]), sample(np.arange(-2, 3), np.array([7]))]


def half_turns(input: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(input), np.nan, np.where(input < 0, np.pi, 0.0))


row(ops.heaviside, np.heaviside, steps, torch="heaviside", gradient=False)
row(ops.angle, half_turns, unary(away_from=(0.0,)), torch="angle", elementwise=True, special=True)
