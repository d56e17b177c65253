"""Rows of rounding."""

from typing import Any

import numpy as np

from engine.ops.elementwise import rounding as ops
from engine.testing.row import Sample, row, sample, unary

HALVES = tuple(each / 2 for each in range(-6, 7))


def decimals(rng: np.random.Generator) -> list[Sample]:
    """Numbers away from the middle between two with so many decimals."""
    whole = rng.integers(-99, 99, (3, 4)) + rng.uniform(-0.4, 0.4, (3, 4))
    return [sample(whole / 10, 1), sample(whole / 100, decimals=2), sample(whole * 10, -1), sample(whole, 0)]


def torch_round(input: Any, decimals: int) -> Any:
    import torch

    return torch.round(input, decimals=decimals)


for _op, _oracle in ((ops.floor, np.floor), (ops.ceil, np.ceil), (ops.trunc, np.trunc), (ops.round, np.rint)):
    row(_op, _oracle, unary(away_from=HALVES), torch=_op.name, elementwise=True, special=True)
    row(_op, lambda input: input, lambda rng: [sample(rng.integers(-9, 9, (2, 3)))], torch=_op.name, label="whole")

row(ops.round, np.round, decimals, torch=torch_round, label="decimals")
row(ops.frac, lambda input: np.fmod(input, 1), unary(away_from=HALVES), torch="frac", elementwise=True)
