"""Rows of matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.ops.linear_algebra import matmul as ops
from engine.testing.row import Sample, row, sample

SHAPES = (
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((5, 1, 2, 3), (6, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((2, 0), (0, 3)),
    ((0, 3), (3, 2)),
    ((5, 2, 0), (0, 3)),
    ((0, 2, 3), (3, 4)),
    ((1, 1), (1, 1)),
)


def products(rng: np.random.Generator) -> list[Sample]:
    calls = [sample(rng.normal(size=first), rng.normal(size=second)) for first, second in SHAPES]
    turned = rng.normal(size=(4, 3)).T, rng.normal(size=(5, 4)).T
    return [*calls, sample(*turned), sample(rng.normal(size=(2, 3, 4)).transpose(1, 2, 0), rng.normal(size=(4, 2)).T)]


def linears(rng: np.random.Generator) -> list[Sample]:
    weight, bias = rng.normal(size=(4, 3)), rng.normal(size=4)
    return [
        sample(rng.normal(size=(2, 3)), weight, bias),
        sample(rng.normal(size=(2, 3)), weight),
        sample(rng.normal(size=(5, 2, 3)), weight, bias),
        sample(rng.normal(size=(0, 3)), weight, bias),
        sample(rng.normal(size=3), weight, bias),
        sample(rng.normal(size=(5, 2, 3)), weight[0]),
        sample(rng.normal(size=3), weight[0], np.asarray(0.5)),
        sample(rng.normal(size=(3, 2)).T, np.asfortranarray(weight), bias[:1]),
    ]


def large_products(rng: np.random.Generator) -> list[Sample]:
    shapes = (
        ((110, 100), (100, 101)),
        ((3, 40, 100), (100, 101)),
        ((40, 60, 20), (40, 20, 33)),
        ((2, 9, 13, 70), (2, 9, 70, 65)),
    )
    return [sample(*(rng.normal(size=each) for each in pair)) for pair in shapes]


def large_linears(rng: np.random.Generator) -> list[Sample]:
    weight, bias = rng.normal(size=(101, 100)), rng.normal(size=101)
    return [sample(rng.normal(size=(4, 30, 100)), weight, bias), sample(rng.normal(size=(110, 100)), weight)]


def linear(input: Any, weight: Any, bias: Any = 0.0) -> Any:
    return np.tensordot(input, weight, (-1, -1)) + bias


row(ops.matmul, np.matmul, products, torch="matmul", large=large_products)
row(ops.linear, linear, linears, torch="nn.functional.linear", large=large_linears)
