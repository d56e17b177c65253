"""DataLoader in one process: batches, order, transforms, the exact place, arguments."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backend import philox
from engine.creation import arange
from engine.tensors import Tensor
from engine.tensors.generator import Generator
from engine.utils.data import (
    BatchPlace,
    DataLoader,
    Dataset,
    IterableDataset,
    Sampler,
    TensorDataset,
    get_sample_info,
    get_worker_info,
)


class Squares(Dataset[Any]):
    """(i, i²) and noise of its own."""

    def __init__(self, size: int = 23) -> None:
        self.size = size
        self.loaded: list[int] = []

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        self.loaded.append(index)
        info = get_sample_info()
        assert info is not None
        return index, float(index**2), info.generator().random(2)


class Arrays:
    """Samples in memory, a batch at a time."""

    def __init__(self, size: int = 23) -> None:
        self.inputs = np.arange(size, dtype=np.float32)[:, np.newaxis] * [1, 10]
        self.targets = np.arange(size)
        self.asked: list[Any] = []

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, indices: Any) -> tuple[Any, Any]:
        self.asked.append(indices)
        return self.inputs[indices], self.targets[indices]


class Stream(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(10))

    def __len__(self) -> int:
        return 10


def listed(batches: Any) -> list[Any]:
    return [[each.tolist() if isinstance(each, Tensor) else each for each in batch] for batch in batches]


def test_batches_in_order() -> None:
    loader = DataLoader(Squares(5), batch_size=2)
    batches = list(loader)
    assert [batch[0].tolist() for batch in batches] == [[0, 1], [2, 3], [4]]
    assert [batch[1].tolist() for batch in batches] == [[0, 1], [4, 9], [16]]
    assert len(loader) == 3
    assert len(list(DataLoader(Squares(5), batch_size=2, drop_last=True))) == 2
    assert get_sample_info() is None
    assert get_worker_info() is None


def test_shuffled_orders_are_the_permutation_of_seed_and_epoch() -> None:
    loader = DataLoader(Squares(), batch_size=4, shuffle=True, seed=7)
    for epoch in range(3):
        indices = [index for batch in loader for index in batch[0].tolist()]
        assert indices == philox.permutation(np, 7, epoch, 23).tolist()


def test_a_vectorized_dataset_is_asked_once_a_batch() -> None:
    data = Arrays()
    loader = DataLoader(data, batch_size=5, shuffle=True, seed=1, vectorized=True)
    batches = list(loader)
    assert len(data.asked) == len(batches) == 5
    assert all(isinstance(indices, np.ndarray) for indices in data.asked)
    single = DataLoader(Arrays(), batch_size=5, shuffle=True, seed=1)
    assert listed(batches) == listed(single)
    assert [type(batch) for batch in batches] == [list] * 5
    rows = DataLoader(TensorDataset(arange(7), arange(7) * 2), batch_size=3)
    assert listed(rows) == [[[0, 1, 2], [0, 2, 4]], [[3, 4, 5], [6, 8, 10]], [[6], [12]]]


@given(st.integers(1, 30), st.integers(1, 9), st.booleans(), st.booleans(), st.data())
def test_a_loader_resumes_at_the_very_batch(size: int, batch: int, shuffle: bool, drop: bool, data: Any) -> None:
    def made(dataset: Any) -> Any:
        return DataLoader(dataset, batch_size=batch, shuffle=shuffle, drop_last=drop, seed=3)

    straight = made(Squares(size))
    epochs = [listed(straight) for _ in range(3)]
    length = len(straight)
    stop = data.draw(st.integers(0, 2 * length)) if length else 0
    first, handed_out = made(Squares(size)), 0
    while handed_out < stop:
        for _ in first:
            handed_out += 1
            if handed_out == stop:
                break
    state = first.state_dict()
    assert set(state) == {"epoch", "batches"}
    dataset = Squares(size)
    resumed = made(dataset)
    resumed.load_state_dict(state)
    resumed.set_epoch(state["epoch"])
    rest = listed(resumed)
    assert rest == epochs[state["epoch"]][state["batches"] :]
    assert len(dataset.loaded) == sum(len(each[0]) for each in rest)
    assert listed(resumed) == epochs[state["epoch"] + 1] if state["epoch"] < 2 else True


def test_the_place_counts_what_was_handed_out() -> None:
    loader = DataLoader(Squares(5), batch_size=2)
    states = [loader.state_dict() for _ in loader]
    assert states == [{"epoch": 0, "batches": count} for count in (1, 2, 3)]
    assert loader.state_dict() == {"epoch": 1, "batches": 0}
    loader.load_state_dict({"epoch": 4, "batches": 3})
    assert (list(loader), loader.epoch) == ([], 5)
    for wrong in ({"epoch": -1, "batches": 0}, {"epoch": 0, "batches": 1.5}):
        with pytest.raises(ValueError, match="a number from 0 is expected"):
            loader.load_state_dict(wrong)  # type: ignore[arg-type]


def test_a_pass_that_was_given_up_is_followed_by_the_next_epoch() -> None:
    loader = DataLoader(Squares(), batch_size=4, shuffle=True, seed=2)
    next(iter(loader))
    assert [i for batch in loader for i in batch[0].tolist()] == philox.permutation(np, 2, 1, 23).tolist()
    next(iter(loader))
    loader.set_epoch(0)
    assert [i for batch in loader for i in batch[0].tolist()] == philox.permutation(np, 2, 0, 23).tolist()


def test_a_samples_randomness_depends_on_seed_epoch_and_index_alone() -> None:
    def noise(shuffle: bool, batch: int, seed: int, epochs: int) -> list[dict[int, list[float]]]:
        loader = DataLoader(Squares(), batch_size=batch, shuffle=shuffle, seed=seed)
        return [
            {index: row for batch in loader for index, row in zip(batch[0].tolist(), batch[2].tolist(), strict=True)}
            for _ in range(epochs)
        ]

    first = noise(False, 4, 1, 2)
    assert first == noise(True, 7, 1, 2)
    assert first[0] != first[1]
    assert first[0] != noise(False, 4, 2, 1)[0]
    assert len({tuple(row) for row in first[0].values()}) == 23


def test_a_batch_transform_sees_arrays_and_their_place() -> None:
    places: list[BatchPlace] = []

    def transform(batch: Any, place: BatchPlace) -> Any:
        places.append(place)
        inputs, targets = batch
        assert isinstance(inputs, np.ndarray)
        return inputs + philox.sample_uniform(np, place.seed, place.epoch, place.indices)[:, np.newaxis], targets

    loader = DataLoader(Arrays(), batch_size=8, shuffle=True, seed=5, vectorized=True, batch_transform=transform)
    batches = [batch for _ in range(2) for batch in loader]
    assert isinstance(batches[0][0], Tensor)
    for (inputs, targets), place in zip(batches, places, strict=True):
        assert targets.tolist() == place.indices.tolist()
        drawn = philox.sample_uniform(np, 5, place.epoch, place.indices)
        np.testing.assert_allclose(inputs.array[:, 0], place.indices + drawn, rtol=1e-6)
    assert [place.epoch for place in places] == [0] * 3 + [1] * 3


def test_collate_functions_and_single_samples() -> None:
    assert list(DataLoader(range(5), batch_size=2, collate_fn=sum)) == [1, 5, 4]
    singles = list(DataLoader(Arrays(3), batch_size=None))
    assert [batch[1].tolist() for batch in singles] == [0, 1, 2]
    assert list(DataLoader("abc", batch_size=None)) == ["a", "b", "c"]
    assert list(DataLoader({"one": 1, "two": 2}, batch_size=None, sampler=["two", "one"])) == [2, 1]


def test_samplers_of_ones_own() -> None:
    class Backwards(Sampler[int]):
        def __iter__(self) -> Iterator[int]:
            return iter(range(4, -1, -1))

        def __len__(self) -> int:
            return 5

    assert listed(DataLoader(TensorDataset(arange(5)), batch_size=2, sampler=Backwards())) == [
        [[4, 3]],
        [[2, 1]],
        [[0]],
    ]
    chosen = DataLoader(TensorDataset(arange(5)), batch_sampler=[[3, 1], [4]])
    assert listed(chosen) == [[[3, 1]], [[4]]]
    assert len(chosen) == 2
    chosen.load_state_dict({"epoch": 0, "batches": 1})
    assert listed(chosen) == [[[4]]]


def test_streams() -> None:
    loader = DataLoader(Stream(), batch_size=4)
    assert [batch.tolist() for batch in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(loader) == 3
    assert [batch.tolist() for batch in DataLoader(Stream(), batch_size=4, drop_last=True)] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
    ]
    assert list(DataLoader(Stream(), batch_size=None)) == list(range(10))
    loader.load_state_dict({"epoch": 1, "batches": 2})
    assert [batch.tolist() for batch in loader] == [[8, 9]]


def test_unseeded_loaders_follow_the_generator() -> None:
    def orders(seed: int) -> list[Any]:
        generator = Generator().manual_seed(seed)
        return [listed(DataLoader(TensorDataset(arange(20)), 20, shuffle=True, generator=generator)) for _ in range(2)]

    assert orders(1) == orders(1) != orders(2)
    assert orders(1)[0] != orders(1)[1]


def test_an_error_names_the_sample() -> None:
    class Broken(Squares):
        def __getitem__(self, index: int) -> Any:
            if index == 13:
                raise OSError("the file is gone")
            return index

    with pytest.raises(OSError, match="the file is gone") as caught:
        list(DataLoader(Broken(), batch_size=4))
    assert caught.value.__notes__ == ["while loading sample 13 in epoch 0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"sampler": [1], "shuffle": True}, "mutually exclusive with shuffle"),
        ({"batch_sampler": [[1]], "batch_size": 2}, "mutually exclusive with batch_size"),
        ({"batch_size": None, "drop_last": True}, "disables auto-batching"),
        ({"num_workers": -1}, "got -1"),
        ({"timeout": 1}, "timeout option could only be specified in multiprocessing"),
        ({"prefetch_factor": 2}, "prefetch_factor option could only"),
        ({"persistent_workers": True}, "persistent_workers option could only"),
        ({"num_workers": 1, "multiprocessing_context": "fork"}, "one of spawn, forkserver, but got 'fork'"),
        ({"num_workers": 1, "prefetch_factor": 0}, "prefetch_factor should be a positive"),
        ({"vectorized": True, "collate_fn": list}, "use batch_transform"),
        ({"vectorized": True, "batch_size": None}, "asks for single samples"),
    ],
)
def test_arguments_that_contradict_each_other_raise(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DataLoader(Squares(), **arguments)


def test_streams_refuse_what_needs_indices() -> None:
    with pytest.raises(ValueError, match="unspecified shuffle option"):
        DataLoader(Stream(), shuffle=True)
    with pytest.raises(ValueError, match="unspecified batch_sampler option"):
        DataLoader(Stream(), batch_sampler=[[0]])
