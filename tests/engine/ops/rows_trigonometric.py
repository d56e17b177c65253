"""Rows of circular and hyperbolic functions."""

import numpy as np

from engine.ops.elementwise import trigonometric as ops
from engine.testing.row import Sample, binary, row, unary


def points(rng: np.random.Generator) -> list[Sample]:
    """Pairs of arrays whose points lie away from the origin and from the cut along the negative axis."""
    pairs = binary(0.3, 3.0)(rng)
    return [each for each in pairs if all(isinstance(arg, np.ndarray) for arg in each.args)]


def _large(rng: np.random.Generator) -> list[Sample]:
    return [Sample((rng.uniform(-3, 3, (33, 1025)),))]


for _op, _oracle, _samples in (
    (ops.sin, np.sin, unary()),
    (ops.cos, np.cos, unary()),
    (ops.tan, np.tan, unary(-1.2, 1.2)),
    (ops.asin, np.arcsin, unary(-0.9, 0.9)),
    (ops.acos, np.arccos, unary(-0.9, 0.9)),
    (ops.atan, np.arctan, unary()),
    (ops.sinh, np.sinh, unary()),
    (ops.cosh, np.cosh, unary()),
    (ops.tanh, np.tanh, unary()),
    (ops.asinh, np.arcsinh, unary()),
    (ops.acosh, np.arccosh, unary(1.2, 4.0)),
    (ops.atanh, np.arctanh, unary(-0.9, 0.9)),
):
    row(_op, _oracle, _samples, torch=_op.name, elementwise=True, special=True, large=_large if _op.kernels else None)

row(ops.atan2, np.arctan2, points, torch="atan2", elementwise=True, special=True)
