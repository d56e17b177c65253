"""Streams read by workers: shares, order, ends, seeds, and the place where a pass goes on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import engine
from engine.utils.data import ChainDataset, DataLoader, IterableDataset, get_worker_info


class Numbers(IterableDataset[int]):
    """The numbers below `size`; each worker gives its share of them."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __iter__(self) -> Iterator[int]:
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(first, self.size, step))


class Chance(IterableDataset[Any]):
    """What the generators of a worker draw first, and its seed."""

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        assert info is not None
        yield info.seed, float(engine.rand(())), float(np.random.rand())


class Failing(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        yield 1
        raise OSError("the stream broke off")


def test_each_worker_gives_its_share_in_turn() -> None:
    loader = DataLoader(Numbers(11), batch_size=2, num_workers=2, prefetch_factor=3)
    expected = [[0, 2], [1, 3], [4, 6], [5, 7], [8, 10], [9]]
    assert [batch.tolist() for batch in loader] == expected
    loader.load_state_dict({"epoch": 1, "batches": 4})
    assert [batch.tolist() for batch in loader] == expected[4:]
    assert [batch.tolist() for batch in DataLoader(Numbers(11), 4, num_workers=2, drop_last=True)] == [
        [0, 2, 4, 6],
        [1, 3, 5, 7],
    ]


def test_workers_that_stay_begin_their_streams_anew() -> None:
    loader = DataLoader(Numbers(5), batch_size=None, num_workers=3, persistent_workers=True)
    try:
        first = next(iter(loader))
        assert first == 0
        for _ in range(2):
            assert list(loader) == [0, 1, 2, 3, 4]
    finally:
        del loader


def test_workers_and_epochs_draw_other_numbers() -> None:
    loader = DataLoader(Chance(), batch_size=None, num_workers=2, seed=7)
    drawn = [tuple(each) for _ in range(2) for each in loader]
    assert len({seed for seed, _, _ in drawn}) == 4
    assert len({number for _, number, _ in drawn}) == 4
    assert len({number for _, _, number in drawn}) == 4
    again = DataLoader(Chance(), batch_size=None, num_workers=2, seed=7)
    assert [tuple(each) for _ in range(2) for each in again] == drawn


def test_an_error_in_a_stream_reaches_the_loader() -> None:
    with pytest.raises(OSError, match="the stream broke off"):
        list(DataLoader(Failing(), batch_size=None, num_workers=1))


def test_streams_in_a_row() -> None:
    chain = Numbers(2) + Numbers(3)
    assert isinstance(chain, ChainDataset)
    assert list(chain) == [0, 1, 0, 1, 2]
    with pytest.raises(AssertionError, match="only supports IterableDataset, got range"):
        list(ChainDataset([range(3)]))
    with pytest.raises(TypeError):
        len(chain)
