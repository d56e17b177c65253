"""Datasets, random_split, samplers and collation, without a loader."""

from collections import Counter, OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.creation import arange, tensor
from engine.tensors import Tensor
from engine.tensors.generator import Generator
from engine.utils.data import (
    BatchSampler,
    ConcatDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)

Point = namedtuple("Point", ["x", "y"])


def test_tensor_datasets_give_rows() -> None:
    data = TensorDataset(arange(6).reshape(3, 2), tensor([1.0, 2.0, 3.0]))
    assert len(data) == 3
    assert [each.tolist() for each in data[1]] == [[2, 3], 2.0]
    assert [each.tolist() for each in data[np.array([2, 0])]] == [[[4, 5], [0, 1]], [3.0, 1.0]]
    with pytest.raises(AssertionError, match=r"Size mismatch between tensors: .* \(3,\), \(2,\)"):
        TensorDataset(arange(3), arange(2))


def test_subsets_of_subsets_and_sums() -> None:
    letters: Subset[str] = Subset("abcdef", [5, 3, 1])
    assert [letters[position] for position in range(3)] == ["f", "d", "b"]
    assert [Subset(letters, [2, 0])[position] for position in range(2)] == ["b", "f"]
    both: ConcatDataset[str] = ConcatDataset([letters, "xy"])
    assert [both[position] for position in range(-5, 5)] == [*"fdbxy"] * 2
    assert len(letters + letters) == 6
    with pytest.raises(IndexError, match="sample 5 was asked for, there are 5"):
        both[5]
    rows: Subset[Any] = Subset(TensorDataset(arange(10)), [4, 6, 8])
    assert rows.vectorized
    assert rows[np.array([2, 1])][0].tolist() == [8, 6]


@pytest.mark.filterwarnings("ignore:Length of split")
@given(st.integers(1, 60), st.lists(st.floats(0, 1), min_size=1, max_size=5), st.integers(0, 2**64 - 1))
def test_shares_split_everything_once(size: int, weights: list[float], seed: int) -> None:
    if sum(weights) == 0:
        return
    shares = [weight / sum(weights) for weight in weights]
    parts = random_split(range(size), shares, Generator().manual_seed(seed))
    assert sorted(index for part in parts for index in part.indices) == list(range(size))
    assert all(abs(len(part) - share * size) < len(shares) + 1 for part, share in zip(parts, shares, strict=True))


def test_splits_follow_the_generator() -> None:
    def split(seed: int) -> list[list[int]]:
        return [list(part.indices) for part in random_split(range(20), [15, 5], Generator().manual_seed(seed))]

    assert split(1) == split(1) != split(2)
    assert [len(part) for part in split(1)] == [15, 5]
    generator = Generator().manual_seed(3)
    assert random_split(range(20), [20], generator)[0].indices != random_split(range(20), [20], generator)[0].indices
    with pytest.raises(ValueError, match=r"15 \+ 4 is not 20"):
        random_split(range(20), [15, 4])
    with pytest.raises(ValueError, match="index 0 is not between"):
        random_split(range(20), [1.5, -0.5])


@given(st.integers(0, 50), st.integers(0, 2**63), st.integers(0, 2**32 - 1))
def test_random_orders_are_permutations_by_seed_and_epoch(size: int, seed: int, epoch: int) -> None:
    sampler = RandomSampler(range(size), seed=seed)
    order = sampler.order(epoch)
    assert sorted(order.tolist()) == list(range(size))
    sampler.set_epoch(epoch)
    assert list(sampler) == order.tolist() == list(RandomSampler(range(size), seed=seed).order(epoch))


def test_each_pass_has_an_order_of_its_own() -> None:
    sampler = RandomSampler(range(30), seed=1)
    first, second = list(sampler), list(sampler)
    assert first != second
    sampler.set_epoch(0)
    assert list(sampler) == first
    assert list(RandomSampler(range(30), seed=2)) != first


def test_seeds_are_drawn_from_the_generator() -> None:
    first, second = (RandomSampler(range(30), generator=Generator().manual_seed(5)) for _ in range(2))
    assert list(first) == list(second)
    shared = Generator().manual_seed(5)
    assert list(RandomSampler(range(30), generator=shared)) != list(RandomSampler(range(30), generator=shared))


def test_more_samples_than_there_are() -> None:
    order = list(RandomSampler(range(4), num_samples=10, seed=1))
    assert sorted(order[:4]) == sorted(order[4:8]) == [0, 1, 2, 3]
    assert len(order) == 10
    drawn = list(RandomSampler(range(4), replacement=True, num_samples=1000, seed=1))
    assert all(150 < count < 350 for count in Counter(drawn).values())
    assert sorted(SubsetRandomSampler([7, 8, 9], seed=1)) == [7, 8, 9]
    assert list(SequentialSampler("abc")) == [0, 1, 2]


def test_weights_are_proportions() -> None:
    sampler = WeightedRandomSampler([0.0, 1.0, 3.0, 0.0], 8000, seed=1)
    counts = Counter(sampler)
    assert set(counts) == {1, 2}
    assert counts[2] / 8000 == pytest.approx(0.75, abs=0.02)


def test_weights_without_replacement_are_drawn_one_after_the_other() -> None:
    """P(first = i) is w_i, P(second = j | first = i) is w_j / (1 - w_i)."""
    weights, passes = np.array([0.1, 0.2, 0.7]), 6000
    sampler = WeightedRandomSampler([*weights.tolist(), 0.0], 3, replacement=False, seed=1)
    orders = np.array([sampler.order(epoch) for epoch in range(passes)])
    for first in range(3):
        assert np.mean(orders[:, 0] == first) == pytest.approx(weights[first], abs=0.02)
    second = np.mean(orders[orders[:, 0] == 2, 1] == 1)
    assert second == pytest.approx(0.2 / 0.3, abs=0.03)
    assert not np.any(orders == 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], 0), "positive integer"),
        (([1.0, -1.0], 1), "0 or more"),
        (([0.0, 0.0], 1), "at least one"),
        (([[1.0]], 1), "1d sequence"),
        (([1.0, 0.0], 2, False), "2 samples need as many positive weights, got 1"),
    ],
)
def test_wrong_weights_raise(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WeightedRandomSampler(*arguments)


def test_batches_of_a_sampler() -> None:
    assert list(BatchSampler(range(5), 2, False)) == [[0, 1], [2, 3], [4]]
    assert list(BatchSampler(range(5), 2, True)) == [[0, 1], [2, 3]]
    assert [len(BatchSampler(range(5), 2, drop)) for drop in (False, True)] == [3, 2]
    with pytest.raises(ValueError, match="batch_size=0"):
        BatchSampler(range(5), 0, False)


def test_nested_samples_are_stacked() -> None:
    sample = {"point": Point(np.float32(1), 2), "flag": True, "name": "a", "pair": (1.5, [tensor([1.0, 2.0])])}
    batch = default_collate([sample, sample])
    assert list(batch) == list(sample)
    assert isinstance(batch["point"], Point)
    assert batch["name"] == ["a", "a"]
    found = {"x": batch["point"].x, "y": batch["point"].y, "flag": batch["flag"], "half": batch["pair"][0]}
    assert {name: str(each.dtype) for name, each in found.items()} == {
        "x": "engine.float32",
        "y": "engine.int64",
        "flag": "engine.bool",
        "half": "engine.float64",
    }
    inner = batch["pair"][1][0]
    assert isinstance(inner, Tensor)
    assert inner.tolist() == [[1, 2], [1, 2]]
    assert isinstance(default_collate([OrderedDict(a=1)]), OrderedDict)


def test_samples_that_cannot_be_stacked_raise() -> None:
    with pytest.raises(TypeError, match=r"found builtins\.object"):
        default_collate([object()])
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([[1, 2], [1]])
    with pytest.raises(RuntimeError, match=r"equal size, but got \(2,\), \(3,\)"):
        default_collate([np.zeros(2), np.zeros(3)])
