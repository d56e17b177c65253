"""Rows of infinities and NaN."""

import numpy as np

from engine.ops.elementwise import not_a_number as ops
from engine.testing.row import Sample, binary, row, sample, unary

EXTREMES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5])


def arrays(rng: np.random.Generator) -> list[Sample]:
    return [each for each in binary()(rng) if all(isinstance(arg, np.ndarray) for arg in each.args)]


def extremes(rng: np.random.Generator) -> list[Sample]:
    return [sample(EXTREMES), sample(EXTREMES.reshape(2, 3).T), sample(np.arange(3)), sample(np.array(True))]


def replacements(rng: np.random.Generator) -> list[Sample]:
    return [sample(EXTREMES, 2.0, 3.0, -4.0), sample(EXTREMES, None, 7.0), sample(EXTREMES, nan=-1.0, neginf=0.5)]


def replaced(
    input: np.ndarray, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> np.ndarray:
    most = np.finfo("float64").max
    without = np.where(np.isnan(input), 0.0 if nan is None else nan, input)
    below = np.where(without == np.inf, most if posinf is None else posinf, without)
    return np.where(below == -np.inf, -most if neginf is None else neginf, below)


for _op, _oracle in ((ops.isposinf, np.isposinf), (ops.isneginf, np.isneginf)):
    row(_op, _oracle, extremes, torch=_op.name, gradient=False, elementwise=True, special=True)

row(ops.fmax, np.fmax, arrays, torch="fmax", elementwise=True, special=True)
row(ops.fmin, np.fmin, arrays, torch="fmin", elementwise=True, special=True)

row(ops.nan_to_num, replaced, unary(), torch="nan_to_num", elementwise=True)
row(ops.nan_to_num, replaced, replacements, torch="nan_to_num", gradient=False, dtypes=("float64",), label="replaced")
