"""Rows of embeddings: rows taken from tables, added back, and counted in bags."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.ops.sequences import embedding, embedding_bag
from engine.testing.row import Sample, row, sample

NUMBERS = np.array([[4, 1, 1], [0, 4, 3]])
BAGGED = np.array([1, 2, 4, 4, 0, 2])
STARTS = np.array([0, 2, 2, 5])


def tables(rng: np.random.Generator) -> list[Sample]:
    table = rng.normal(size=(5, 3))
    return [
        sample(table, NUMBERS),
        sample(table, NUMBERS.astype("int32"), 4),
        sample(table, NUMBERS, -1, True),
        sample(table, NUMBERS, 1, True),
        sample(table, np.array(2)),
        sample(table, np.zeros((0, 2), int)),
        sample(np.zeros((0, 3)), np.zeros(0, int)),
    ]


def looked_up(table: np.ndarray, numbers: np.ndarray, *rest: Any) -> np.ndarray:
    # Values alone: what padding and scaling do to gradients is held against sums written out, and against PyTorch.
    return np.stack([table[each] for each in numbers.flat] or [np.zeros((0, 3))[:0]]).reshape(*numbers.shape, 3)


def added(input: np.ndarray, numbers: np.ndarray, length: int, padding: int = -1) -> np.ndarray:
    result = np.zeros((length, input.shape[-1]))
    for row_of_input, number in zip(input.reshape(-1, input.shape[-1]), numbers.flat, strict=True):
        if number != padding:
            result[number] += row_of_input
    return result


def sums(rng: np.random.Generator) -> list[Sample]:
    rows = rng.normal(size=(2, 3, 4))
    return [
        sample(rows, NUMBERS, 5),
        sample(rows, NUMBERS, 7, 4),
        sample(rows[0, 0], np.array(1), 3),
        sample(rows[:0], NUMBERS[:0], 2),
    ]


def large_tables(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(50, 33)), rng.integers(0, 50, (31, 40))),
        sample(rng.normal(size=(7, 40)), rng.integers(0, 7, (411, 1)), 3),
    ]


def large_sums(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(31, 40, 33)), rng.integers(0, 50, (31, 40)), 50),
        sample(rng.normal(size=(900, 40)), rng.integers(0, 3, 900) ** 4, 17, 1),
        sample(rng.normal(size=(20, 3)), rng.integers(0, 5, 20), 5, 0),
    ]


def bags_of(numbers: np.ndarray, starts: np.ndarray, bags: int, padding: int) -> np.ndarray:
    found = [max(bag for bag, start in enumerate(starts) if start <= place) for place in range(len(numbers))]
    return np.array([bags if number == padding else bag for bag, number in zip(found, numbers, strict=True)])


def largest(input: np.ndarray, numbers: np.ndarray, bags: int) -> np.ndarray:
    result = np.full((bags, input.shape[1]), -1)
    for bag in range(bags):
        places = np.flatnonzero(numbers == bag)
        if places.size:
            result[bag] = places[input[places].argmax(0)]
    return result


def limited(table: np.ndarray, numbers: np.ndarray, max_norm: float, norm_type: float = 2.0) -> np.ndarray:
    result = table.copy()
    for number in set(numbers.flat):
        norm = np.linalg.norm(table[number], norm_type)
        if norm > max_norm:
            result[number] *= max_norm / (norm + 1e-7)
    return result


row(
    embedding.embedding,
    looked_up,
    lambda rng: [each for each in tables(rng) if len(each.args) == 2],
    torch="embedding",
)
row(embedding.embedding, looked_up, tables, gradient=False, large=large_tables, label="padded and scaled")
row(embedding.add_rows, added, sums, large=large_sums)
row(
    embedding.occurrences,
    lambda numbers, length: np.bincount(numbers.reshape(-1), minlength=length)[numbers],
    lambda rng: [sample(NUMBERS, 5), sample(NUMBERS[:0], 5), sample(np.array(3), 4)],
)
row(
    embedding.embedding_renorm,
    limited,
    lambda rng: [
        sample(rng.normal(size=(5, 3)), NUMBERS, limit, kind) for limit, kind in ((1.0, 2.0), (0.5, 1.0), (0.3, np.inf))
    ],
    gradient=False,
)
row(
    embedding_bag.bag_numbers,
    bags_of,
    lambda rng: [sample(BAGGED, STARTS, 4, -1), sample(BAGGED, STARTS, 3, 4), sample(BAGGED[:0], STARTS[:1], 1, 0)],
)
row(
    embedding_bag.bag_sizes,
    lambda numbers, bags: np.array([(numbers == bag).sum() for bag in range(bags)]),
    lambda rng: [sample(np.array([0, 2, 2, 3]), 3), sample(np.zeros(0, int), 2)],
)
row(
    embedding_bag.bag_largest,
    largest,
    lambda rng: [
        sample(rng.normal(size=(6, 3)), np.array([0, 0, 2, 2, 2, 3]), 3),
        sample(rng.integers(0, 2, (6, 3)).astype(float), np.array([1, 0, 1, 1, 0, 0]), 2),
        sample(np.zeros((0, 3)), np.zeros(0, int), 2),
    ],
    gradient=False,
)
