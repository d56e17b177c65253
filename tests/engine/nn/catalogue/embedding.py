"""Embeddings and bags of them: numbers of rows in, and limits written to the tables."""

from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry

RNG = np.random.default_rng(23)
ROWS, DIM = 7, 4
NUMBERS = RNG.integers(0, ROWS, (3, 5))

TABLES: list[dict[str, Any]] = [
    {},
    {"padding_idx": 2},
    {"padding_idx": -1},
    {"max_norm": 1.0},
    {"max_norm": 0.7, "norm_type": 1.0, "padding_idx": 0},
    {"max_norm": 0.5, "norm_type": float("inf")},
    {"scale_grad_by_freq": True},
    {"scale_grad_by_freq": True, "padding_idx": 3},
]

# Not scale_grad_by_freq: on the CPU PyTorch 2.13 divides by how often another row is named.
BAGS: list[dict[str, Any]] = [
    {"mode": mode, **options}
    for mode in ("sum", "mean", "max")
    for options in ({}, {"padding_idx": 2}, {"include_last_offset": True}, {"max_norm": 1.0})
]


def weighted(library: Any, module: Any, numbers: Any, *rest: Any) -> Any:
    """A bag whose elements have weights, with offsets or without."""
    return module(numbers, rest[0] if len(rest) == 2 else None, rest[-1])


def _bags(options: dict[str, Any]) -> list[Entry]:
    pieces = np.array([0, 4, 4, 15 if options.get("include_last_offset") else 9])
    plain = (NUMBERS,), (NUMBERS.reshape(-1), pieces)
    made = [Entry("EmbeddingBag", (ROWS, DIM), options, inputs) for inputs in plain]
    if options["mode"] != "sum":
        return made
    return made + [
        Entry("EmbeddingBag", (ROWS, DIM), options, (*inputs, RNG.normal(size=inputs[0].shape)), weighted)
        for inputs in plain
    ]


ENTRIES = [
    *(
        Entry("Embedding", (ROWS, DIM), options, (numbers,))
        for options in TABLES
        for numbers in (NUMBERS, NUMBERS[0].astype("int32"), np.array(2))
    ),
    *(each for options in BAGS for each in _bags(options)),
]
