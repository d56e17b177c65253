"""Samplers for processes and for lengths, and datasets side by side: each sample once, by seed and epoch."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.utils.data import BucketBatchSampler, ConcatDataset, DataLoader, StackDataset, random_split
from engine.utils.data.distributed import DistributedSampler

LENGTHS = np.random.default_rng(0).integers(1, 500, 1003)


@given(st.integers(1, 60), st.integers(1, 7), st.booleans(), st.booleans(), st.integers(0, 3))
def test_processes_share_all_samples_alike(size: int, replicas: int, shuffle: bool, drop: bool, epoch: int) -> None:
    parts = []
    for rank in range(replicas):
        sampler = DistributedSampler(range(size), replicas, rank, shuffle, seed=3, drop_last=drop)
        sampler.set_epoch(epoch)
        parts.append(list(sampler))
        assert list(sampler) == parts[-1]
        assert len(parts[-1]) == len(sampler)
    counts = Counter(index for part in parts for index in part)
    assert len({len(part) for part in parts}) == 1
    if drop:
        assert sum(counts.values()) == size - size % replicas
        assert set(counts.values()) <= {1}
    else:
        assert set(counts) == set(range(size))
        assert max(counts.values()) <= 1 + -(-replicas // size)


def test_a_process_is_known_by_number_or_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"Invalid rank 2, rank should be in the interval \[0, 1\]"):
        DistributedSampler(range(4), 2, 2)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with pytest.raises(RuntimeError, match="needs num_replicas: give it, or start with WORLD_SIZE"):
        DistributedSampler(range(4))
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("RANK", "1")
    assert list(DistributedSampler(range(6), shuffle=False)) == [1, 4]


def test_a_loader_tells_the_epoch() -> None:
    sampler = DistributedSampler(range(20), 2, 0, seed=1)
    loader = DataLoader(range(20), 5, sampler=sampler)
    first, second = ([index for batch in loader for index in batch.tolist()] for _ in range(2))
    assert first != second
    sampler.set_epoch(1)
    assert list(sampler) == second


@given(st.integers(0, 200), st.integers(1, 9), st.integers(1, 6), st.booleans(), st.booleans())
def test_buckets_hold_each_sample_once(size: int, batch: int, wide: int, shuffle: bool, drop: bool) -> None:
    sampler = BucketBatchSampler(LENGTHS[:size], batch, wide, shuffle, drop, seed=2)
    batches = list(sampler)
    assert len(batches) == len(sampler)
    counts = Counter(index for each in batches for index in each)
    assert set(counts.values()) <= {1}
    assert len(counts) == (size - size % batch if drop else size)
    assert sum(len(each) < batch for each in batches) <= (0 if drop else 1)


def padding(batches: list[list[int]]) -> int:
    return sum(int(LENGTHS[each].max()) * len(each) - int(LENGTHS[each].sum()) for each in batches)


def test_buckets_save_padding_and_stay_random() -> None:
    bucketed = BucketBatchSampler(LENGTHS, 16, 20, seed=1)
    alone = BucketBatchSampler(LENGTHS, 16, 1, seed=1)
    first, second = list(bucketed), list(bucketed)
    assert padding(first) * 5 < padding(list(alone))
    assert first != second
    assert first == BucketBatchSampler(LENGTHS, 16, 20, seed=1).batches(0)
    longest = [int(LENGTHS[each].max()) for each in first]
    assert longest != sorted(longest)


def test_a_pass_over_buckets_goes_on_where_it_stopped() -> None:
    def loader() -> DataLoader:
        return DataLoader(LENGTHS, batch_sampler=BucketBatchSampler(LENGTHS, 32, 5, seed=4))

    whole = [[batch.tolist() for batch in passing] for passing in [loader()] for _ in range(2)]
    resumed = loader()
    resumed.load_state_dict({"epoch": 1, "batches": 7})
    assert [batch.tolist() for batch in resumed] == whole[1][7:]


def test_buckets_name_what_is_no_size_or_length() -> None:
    with pytest.raises(ValueError, match="batch_size=0"):
        BucketBatchSampler([1, 2], 0)
    with pytest.raises(ValueError, match="bucket_size_multiplier=0"):
        BucketBatchSampler([1, 2], 1, 0)
    with pytest.raises(ValueError, match=r"lengths should be a list of numbers.*\(2, 1\)"):
        BucketBatchSampler([[1], [2]], 1)  # type: ignore[list-item]
    assert len(BucketBatchSampler(engine.tensor([3, 1, 2]), 2)) == 2


def test_datasets_side_by_side() -> None:
    letters = "abcd"
    assert StackDataset(range(4), letters)[2] == (2, "c")
    named: Any = StackDataset(number=range(4), letter=letters)
    assert named[-1] == {"number": 3, "letter": "d"}
    assert len(named) == 4
    for arguments, message in (((), "At least one"), ((range(2), range(3)), "lengths are 2, 3")):
        with pytest.raises(ValueError, match=message):
            StackDataset(*arguments)
    with pytest.raises(ValueError, match="both types are given"):
        StackDataset(range(2), other=range(2))


def test_places_outside_of_a_row_and_empty_parts() -> None:
    row: Any = ConcatDataset([range(2), range(3)])
    with pytest.raises(ValueError, match="absolute value of index"):
        row[-6]
    with pytest.raises(IndexError):
        row[5]
    with pytest.warns(UserWarning, match="split at index 1 is 0"):
        random_split(range(3), [0.99, 0.01])
