"""Embeddings beside PyTorch's: tables that were trained before, rows of padding, and what is refused."""

from typing import Any

import numpy as np
import pytest

import engine

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(23)
ROWS, DIM = 7, 4


def test_from_pretrained_shares_the_table_and_freezes_it() -> None:
    table = engine.tensor(RNG.normal(size=(ROWS, DIM)))
    for name in ("Embedding", "EmbeddingBag"):
        frozen = getattr(engine.nn, name).from_pretrained(table)
        assert not frozen.weight.requires_grad
        assert frozen.weight.data_ptr() == table.data_ptr()
        assert getattr(engine.nn, name).from_pretrained(table, freeze=False).weight.requires_grad
        with pytest.raises(AssertionError, match="2-dimensional"):
            getattr(engine.nn, name).from_pretrained(table[0])


def test_the_padding_row_starts_as_zeros() -> None:
    for name in ("Embedding", "EmbeddingBag"):
        layer = getattr(engine.nn, name)(ROWS, DIM, padding_idx=-2)
        assert layer.padding_idx == ROWS - 2
        assert layer.weight[ROWS - 2].abs().sum().item() == 0
        assert layer.weight.abs().sum().item() > 0


def bag(library: Any, numbers: Any, offsets: Any = None, **options: Any) -> Any:
    starts = None if offsets is None else library.tensor(offsets)
    return library.nn.functional.embedding_bag(library.tensor(numbers), library.ones(ROWS, DIM), starts, **options)


REFUSED = [
    lambda library: library.nn.functional.embedding(library.tensor([0.5]), library.ones(ROWS, DIM)),
    lambda library: library.nn.functional.embedding(library.tensor([ROWS]), library.ones(ROWS, DIM)),
    lambda library: library.nn.functional.embedding(library.tensor([-1]), library.ones(ROWS, DIM)),
    lambda library: library.nn.functional.embedding(library.tensor([1]), library.ones(ROWS)),
    lambda library: library.nn.functional.embedding(library.tensor([1]), library.ones(ROWS, DIM), ROWS),
    lambda library: library.nn.Embedding(ROWS, DIM, -ROWS - 1),
    lambda library: library.nn.Embedding(ROWS, DIM, _weight=library.ones(2, 2)),
    lambda library: bag(library, [1, 2]),
    lambda library: bag(library, [1, 2], [[0, 1]]),
    lambda library: bag(library, [1, 2], [1, 2]),
    lambda library: bag(library, [1, 2], [0, 3]),
    lambda library: bag(library, [1, 2], [0], mode="median"),
    lambda library: bag(library, [1, 2], [0], mode="max", scale_grad_by_freq=True),
    lambda library: bag(library, [1, 2], [0], per_sample_weights=library.ones(2)),
    lambda library: bag(library, [1, 2], [0], mode="sum", per_sample_weights=library.ones(3)),
    lambda library: bag(library, [[1, 2]], [0]),
    lambda library: bag(library, [[[1, 2]]]),
    lambda library: bag(library, [1.5], [0]),
    lambda library: bag(library, [1], [0], padding_idx=ROWS),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_embedding_refuses_what_torch_refuses(number: int) -> None:
    kinds = (RuntimeError, ValueError, IndexError, AssertionError, NotImplementedError)
    with pytest.raises(kinds) as theirs:
        REFUSED[number](torch)
    with pytest.raises(theirs.type):
        REFUSED[number](engine)


def test_sparse_gradients_are_refused_by_name() -> None:
    for make in (
        lambda: engine.nn.Embedding(ROWS, DIM, sparse=True),
        lambda: engine.nn.EmbeddingBag(ROWS, DIM, sparse=True),
        lambda: bag(engine, [1], [0], sparse=True),
    ):
        with pytest.raises(NotImplementedError, match="sparse"):
            make()
