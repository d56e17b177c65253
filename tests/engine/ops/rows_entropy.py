"""Rows of products with logarithms and of log-odds."""

import numpy as np
from scipy import special

from engine.ops.elementwise import entropy as ops
from engine.testing.row import Sample, binary, row, sample, unary


def with_zeros(rng: np.random.Generator) -> list[Sample]:
    """Zero times a logarithm that is infinite or none."""
    return [sample(np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, 3.0, -1.0, 2.0]))]


def chances(rng: np.random.Generator) -> list[Sample]:
    return [sample(each.args[0], 0.1) for each in unary(0.2, 0.8)(rng)]


def bounded_log_odds(input: np.ndarray, eps: float) -> np.ndarray:
    return special.logit(np.clip(input, eps, 1 - eps))


for _op, _oracle, _torch in ((ops.xlogy, special.xlogy, "xlogy"), (ops.xlog1py, special.xlog1py, "special.xlog1py")):
    row(_op, _oracle, binary(0.1, 3.0), torch=_torch, elementwise=True, special=True)
    row(_op, _oracle, with_zeros, torch=_torch, gradient=False, label="zeros")

row(ops.entr, special.entr, unary(0.1, 3.0), torch="special.entr", elementwise=True)
row(ops.logit, special.logit, unary(0.1, 0.9), torch="logit", elementwise=True)
row(ops.logit, bounded_log_odds, chances, torch="logit", label="bounded")
