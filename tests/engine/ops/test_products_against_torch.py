"""Matrix products beside PyTorch: every pair of ranks, types and misfits."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from engine.ops.linear_algebra import added_products
from engine.ops.linear_algebra import matmul as ops
from engine.testing.agreement import agree

torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(3)
SHAPES: list[tuple[int, ...]] = [
    (), (3,), (4,), (2, 3), (3, 4), (4, 3), (5, 2, 3), (5, 3, 4), (1, 3, 4), (2, 5, 3, 4), (0, 3), (3, 0), (5, 0, 3),
]  # fmt: skip
TYPES = ["float16", "float32", "float64", "int64", "int32", "uint8", "bool"]


@pytest.mark.parametrize("name", ["matmul", "mm", "bmm", "dot", "outer"])
def test_all_pairs_of_shapes(name: str) -> None:
    for first, second in product(SHAPES, repeat=2):
        agree(getattr(ops, name), getattr(torch, name), RNG.normal(size=first), RNG.normal(size=second))


def test_mv() -> None:
    for first, second in product(SHAPES[1:], SHAPES):
        agree(ops.mv, torch.mv, RNG.normal(size=first), RNG.normal(size=second))


@pytest.mark.parametrize("bias", [None, (4,), (3,), (1,), ()])
def test_linear(bias: tuple[int, ...] | None) -> None:
    matrices = [shape for shape in SHAPES if len(shape) == 2]
    for first, second in product(SHAPES, matrices):
        arrays = [RNG.normal(size=first), RNG.normal(size=second)]
        agree(ops.linear, torch.nn.functional.linear, *arrays, *([] if bias is None else [RNG.normal(size=bias)]))


@pytest.mark.parametrize("first", TYPES)
@pytest.mark.parametrize("second", TYPES)
def test_types_do_not_mix(first: str, second: str) -> None:
    numbers = 3 * RNG.normal(size=(7, 4))
    agree(ops.matmul, torch.matmul, numbers[:3].astype(first), numbers[3:].astype(second))


@pytest.mark.parametrize("factors", [{}, {"beta": 2, "alpha": 3}, {"beta": 0}])
def test_addmm(factors: dict[str, Any]) -> None:
    arrays = [RNG.normal(size=shape) for shape in ((4,), (2, 3), (3, 4))]
    agree(added_products.addmm, torch.addmm, *arrays, **factors)


def test_half_precision_adds_up_in_single_precision() -> None:
    ones = np.ones((2, 5000), "float16")
    agree(ops.matmul, torch.matmul, ones, ones.T)
