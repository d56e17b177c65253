"""Loaders, collation and samplers beside PyTorch's: structure, types, values, errors."""

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from engine.creation import tensor
from engine.tensors import Tensor
from engine.utils import data as ours

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

Point = namedtuple("Point", ["x", "y"])

SAMPLES: list[Any] = [
    [1, 2],
    [1.5, 2.5],
    [True, False],
    ["a", "b"],
    [b"a", b"b"],
    [np.float32(1), np.float32(2)],
    [np.arange(3), np.arange(3)],
    [np.zeros((2, 2), np.float16)] * 3,
    [np.uint8(3)],
    [(1, "a"), (2, "b")],
    [[1, 2.0], [3, 4.0]],
    [{"x": 1, "y": (np.ones(2), "n")}, {"x": 2, "y": (np.ones(2), "m")}],
    [Point(1, 2.0), Point(3, 4.0)],
    [(np.ones(3, np.float32), 5), (np.ones(3, np.float32), 6)],
    [[], []],
]


def same(mine: Any, other: Any) -> None:
    if isinstance(other, torch.Tensor):
        assert isinstance(mine, Tensor)
        assert mine.array.dtype == other.numpy().dtype
        np.testing.assert_array_equal(mine.array, other.numpy())
    elif isinstance(other, dict):
        assert list(mine) == list(other)
        for key in other:
            same(mine[key], other[key])
    elif isinstance(other, list | tuple):
        assert type(mine) is type(other)
        assert len(mine) == len(other)
        for one, another in zip(mine, other, strict=True):
            same(one, another)
    else:
        assert mine == other


@pytest.mark.parametrize("samples", SAMPLES, ids=repr)
def test_collation_is_pytorchs(samples: list[Any]) -> None:
    same(ours.default_collate(samples), torch.utils.data.default_collate(samples))
    same(ours.default_convert(samples), torch.utils.data.default_convert(samples))


@pytest.mark.parametrize("size", [0, 1, 7, 12])
@pytest.mark.parametrize("batch", [None, 1, 4, 20])
@pytest.mark.parametrize("drop", [False, True])
def test_batches_are_pytorchs(size: int, batch: int | None, drop: bool) -> None:
    if batch is None and drop:
        return
    values = np.arange(2.0 * size).reshape(size, 2)
    mine = ours.DataLoader(ours.TensorDataset(tensor(values), tensor(np.arange(size))), batch, drop_last=drop)
    data = torch.utils.data.TensorDataset(torch.tensor(values), torch.arange(size))
    other = torch.utils.data.DataLoader(data, batch, drop_last=drop)
    assert len(mine) == len(other)
    same(list(mine), [list(each) if isinstance(each, tuple) else each for each in other])


@pytest.mark.parametrize(
    "arguments",
    [
        {"sampler": [3, 1, 4, 1]},
        {"batch_sampler": [[0, 1], [4], [2, 3, 0]]},
        {"batch_size": 3, "sampler": range(4, -1, -1)},
        {"batch_size": 2, "collate_fn": lambda samples: [sample["x"] for sample in samples]},
    ],
)
def test_samplers_of_ones_own_are_used_as_pytorch_does(arguments: dict[str, Any]) -> None:
    data = [{"x": index, "y": np.full(2, index)} for index in range(5)]
    mine, other = ours.DataLoader(data, **arguments), torch.utils.data.DataLoader(data, **arguments)
    assert len(mine) == len(other)
    same(list(mine), list(other))


@pytest.mark.parametrize(
    "arguments",
    [
        {"batch_size": 0},
        {"batch_size": -1},
        {"sampler": [1], "shuffle": True},
        {"batch_sampler": [[1]], "batch_size": 2},
        {"batch_sampler": [[1]], "shuffle": True},
        {"batch_sampler": [[1]], "drop_last": True},
        {"batch_size": None, "drop_last": True},
        {"num_workers": -1},
        {"timeout": -1},
        {"prefetch_factor": 2},
        {"persistent_workers": True},
        {"multiprocessing_context": "spawn"},
    ],
)
def test_what_pytorch_refuses_is_refused(arguments: dict[str, Any]) -> None:
    for module in (ours, torch.utils.data):
        with pytest.raises(ValueError):  # noqa: PT011
            module.DataLoader(range(5), **arguments)


@pytest.mark.parametrize("lengths", [[3, 7], [0.3, 0.7], [0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3], [10], [1.0]])
def test_splits_have_pytorchs_sizes(lengths: list[float]) -> None:
    mine = [len(part) for part in ours.random_split(range(10), lengths)]
    assert mine == [len(part) for part in torch.utils.data.random_split(range(10), lengths)]


def test_a_loader_has_pytorchs_attributes() -> None:
    mine, other = ours.DataLoader(range(5), 2), torch.utils.data.DataLoader(range(5), 2)
    for name in (
        "batch_size",
        "drop_last",
        "num_workers",
        "timeout",
        "pin_memory",
        "prefetch_factor",
        "persistent_workers",
    ):
        assert getattr(mine, name) == getattr(other, name), name
    assert list(mine.sampler) == list(other.sampler)
    assert list(mine.batch_sampler) == list(other.batch_sampler)
