"""Rows of exponentials, logarithms, roots and the error function."""

import numpy as np
from scipy import special

from engine.ops.elementwise import exponential as ops
from engine.testing.row import Sample, binary, row, unary


def arrays(rng: np.random.Generator) -> list[Sample]:
    return [each for each in binary()(rng) if all(isinstance(arg, np.ndarray) for arg in each.args)]


def _large(rng: np.random.Generator) -> list[Sample]:
    return [Sample((rng.uniform(0.1, 3, (33, 1025)),))]


for _op, _oracle, _samples in (
    (ops.exp, np.exp, unary()),
    (ops.exp2, np.exp2, unary()),
    (ops.expm1, np.expm1, unary()),
    (ops.log, np.log, unary(0.1, 3.0)),
    (ops.log1p, np.log1p, unary(-0.9, 3.0)),
    (ops.log2, np.log2, unary(0.1, 3.0)),
    (ops.log10, np.log10, unary(0.1, 3.0)),
    (ops.sqrt, np.sqrt, unary(0.1, 3.0)),
    (ops.rsqrt, lambda input: input**-0.5, unary(0.1, 3.0)),
    (ops.sigmoid, special.expit, unary(-9.0, 9.0)),
    (ops.erf, special.erf, unary()),
    (ops.erfc, special.erfc, unary()),
    (ops.erfinv, special.erfinv, unary(-0.9, 0.9)),
):
    row(
        _op, _oracle, _samples, torch=_op.name, elementwise=True, special=_op is not ops.rsqrt,
        large=_large if _op.kernels else None,
    )  # fmt: skip

row(ops.logaddexp, np.logaddexp, arrays, torch="logaddexp", elementwise=True)
row(ops.logaddexp2, np.logaddexp2, arrays, torch="logaddexp2", elementwise=True)
