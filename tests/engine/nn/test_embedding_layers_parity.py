"""Embeddings and bags of them beside PyTorch's: outputs, gradients of tables and weights, limits written to tables."""

from typing import Any

import numpy as np
import pytest

import engine
from engine.backend.dtype import as_dtype
from tests.engine.nn.torch_twins import TOLERANCE, assert_equal, compare, same_weights

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(23)
ROWS, DIM = 7, 4
NUMBERS = RNG.integers(0, ROWS, (3, 5))

TABLES = [
    {},
    {"padding_idx": 2},
    {"padding_idx": -1},
    {"max_norm": 1.0},
    {"max_norm": 0.7, "norm_type": 1.0, "padding_idx": 0},
    {"max_norm": 0.5, "norm_type": float("inf")},
    {"scale_grad_by_freq": True},
    {"scale_grad_by_freq": True, "padding_idx": 3},
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("options", TABLES, ids=str)
def test_embedding_equals_its_twin(options: dict[str, Any], dtype: str) -> None:
    ours, theirs = engine.nn.Embedding(ROWS, DIM, **options), torch.nn.Embedding(ROWS, DIM, **options)
    assert repr(ours) == repr(theirs)
    for numbers in (NUMBERS, NUMBERS[0].astype("int32"), np.array(2)):
        ours.zero_grad()
        theirs.zero_grad()
        compare(torch, ours, theirs, [numbers], dtype)
        assert_equal(ours.weight, theirs.weight, TOLERANCE[dtype], "the table")


# Not scale_grad_by_freq: on the CPU PyTorch 2.13 divides by how often another row is named.
BAGS = [
    {"mode": mode, **options}
    for mode in ("sum", "mean", "max")
    for options in ({}, {"padding_idx": 2}, {"include_last_offset": True}, {"max_norm": 1.0})
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("options", "weighted"), [(each, False) for each in BAGS] + [(each, True) for each in BAGS if each["mode"] == "sum"]
)
def test_embedding_bag_equals_its_twin(options: dict[str, Any], weighted: bool, dtype: str) -> None:
    ours, theirs = engine.nn.EmbeddingBag(ROWS, DIM, **options), torch.nn.EmbeddingBag(ROWS, DIM, **options)
    assert repr(ours) == repr(theirs)
    ours.to(as_dtype(dtype))
    theirs.to(getattr(torch, dtype))
    same_weights(ours, theirs)
    pieces = np.array([0, 4, 4, 15 if options.get("include_last_offset") else 9])
    for numbers, offsets in ((NUMBERS, None), (NUMBERS.reshape(-1), pieces)):
        factors = RNG.normal(size=numbers.shape).astype(dtype) if weighted else None

        def run(library: Any, layer: Any) -> tuple[Any, Any, Any]:
            weights = None if factors is None else library.tensor(factors, requires_grad=True)  # noqa: B023
            starts = None if offsets is None else library.tensor(offsets)  # noqa: B023
            output = layer(library.tensor(numbers), starts, weights)  # noqa: B023
            layer.zero_grad()
            (output * output).sum().backward()
            return output, layer.weight.grad, None if weights is None else weights.grad

        for mine, its in zip(run(engine, ours), run(torch, theirs), strict=True):
            if its is not None:
                assert_equal(mine, its, TOLERANCE[dtype], "output or gradient")


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
