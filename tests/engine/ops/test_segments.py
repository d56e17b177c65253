"""Reductions of segments, beside loops over them."""

import math
from typing import Any

import numpy as np
import pytest

import engine

FUNCTIONS: dict[str, Any] = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min}
DATA = np.random.default_rng(0).normal(size=(3, 6, 2))


@pytest.mark.parametrize("initial", [None, 0.5])
@pytest.mark.parametrize("reduce", FUNCTIONS)
@pytest.mark.parametrize(("axis", "lengths"), [(0, [1, 2]), (1, [[1, 2, 3], [2, 2, 2], [4, 1, 1]])])
def test_segments_one_by_one(reduce: str, axis: int, lengths: Any, initial: float | None) -> None:
    counts = np.array(lengths)
    ours = engine.segment_reduce(
        engine.from_numpy(DATA), reduce, lengths=engine.from_numpy(counts), axis=axis, initial=initial
    )
    expected = np.empty(ours.shape)
    for row in np.ndindex(counts.shape[:-1]):
        pieces = np.split(DATA[row], counts[row].cumsum()[:-1])
        expected[row] = [_reduced(reduce, piece, initial) for piece in pieces]
    np.testing.assert_allclose(ours, expected)


def _reduced(reduce: str, piece: np.ndarray, initial: float | None) -> Any:
    if initial is None:
        return FUNCTIONS[reduce](piece, axis=0)
    if reduce == "mean":
        return (piece.sum(0) + initial) / len(piece)
    return FUNCTIONS[reduce](piece, axis=0, initial=initial)


def test_segments_of_nothing() -> None:
    data, offsets = engine.ones(3, requires_grad=True), engine.tensor([0, 0, 3])
    firsts = {reduce: engine.segment_reduce(data, reduce, offsets=offsets)[0].item() for reduce in FUNCTIONS}
    assert math.isnan(firsts.pop("mean"))
    assert firsts == {"sum": 0, "prod": 1, "max": -math.inf, "min": math.inf}
    engine.segment_reduce(data, "mean", offsets=offsets)[1].backward()
    np.testing.assert_allclose(data.grad, np.full(3, 1 / 3), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"reduce": "median", "lengths": engine.tensor([3])}, "median"),
        ({"reduce": "sum"}, "Either lengths or offsets"),
        ({"reduce": "sum", "lengths": engine.tensor([1, 1])}, r"is 3, got \[1, 1\]"),
        ({"reduce": "sum", "lengths": engine.tensor([-1, 4])}, r"negative value: \[-1, 4\]"),
        ({"reduce": "sum", "lengths": engine.tensor([[3]])}, r"lengths \[1, 1\] for data \[3\]"),
    ],
)
def test_segments_refuse(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        engine.segment_reduce(engine.ones(3), **arguments)


def test_new_takes_data_or_a_size() -> None:
    whole = engine.tensor([1])
    assert whole.new([2.0, 3.0]).tolist() == [2, 3]
    assert whole.new(2, 3).shape == whole.new(engine.ones(2, 3).shape).shape == (2, 3)
    assert whole.new(2).dtype is engine.int64
