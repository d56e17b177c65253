"""Datasets: samples by number, as streams, in memory, and parts and sums of other datasets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.tensors import Tensor

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """Samples by number (torch.utils.data.Dataset): subclasses write `__getitem__`, and `__len__`.

    Set `vectorized` where `dataset[array of indices]` gives a whole batch at once, such as (inputs, targets).
    Randomness in `__getitem__` that shall not depend on the number of workers comes from
    `get_sample_info().generator()`.
    """

    vectorized: bool = False

    def __getitem__(self, index: Any) -> Sample:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(index)")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample]):
    """A stream of samples (torch.utils.data.IterableDataset): subclasses write `__iter__`.

    Each worker of a loader reads a copy of its own: `get_worker_info()` tells `__iter__` which share to give.
    """

    def __iter__(self) -> Iterator[Sample]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__()")

    def __add__(self, other: Dataset[Any]) -> ChainDataset[Any]:  # type: ignore[override]
        return ChainDataset([self, other])


class ChainDataset(IterableDataset[Sample]):
    """Streams one after the other (torch.utils.data.ChainDataset); AssertionError for what is no stream."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Sample]:
        for dataset in self.datasets:
            _demand_stream(dataset)
            yield from dataset

    def __len__(self) -> int:
        """How many samples there are; TypeError where a stream does not know."""
        for dataset in self.datasets:
            _demand_stream(dataset)
        return sum(len(dataset) for dataset in self.datasets)


def _demand_stream(dataset: Any) -> None:
    if not isinstance(dataset, IterableDataset):
        raise AssertionError(f"ChainDataset only supports IterableDataset, got {type(dataset).__name__}")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors of equal length: a sample has one row of each (torch.utils.data.TensorDataset)."""

    vectorized = True

    def __init__(self, *tensors: Tensor) -> None:
        lengths = {tensor.shape[0] if tensor.ndim else None for tensor in tensors}
        if len(lengths) != 1 or None in lengths:
            shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors) or "nothing"
            raise AssertionError(f"Size mismatch between tensors: their first dimensions must be equal, got {shapes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])


class StackDataset(Dataset[Any]):
    """Samples of several datasets of one length side by side (torch.utils.data.StackDataset).

    Tuples of datasets that were given by position, dicts of those that were given by name.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or ``dict``- (via ``kwargs``) like input/output, but both "
                "types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets: Any = args or kwargs
        lengths = [len(each) for each in args or kwargs.values()]
        if len(set(lengths)) > 1:
            raise ValueError(f"Size mismatch between datasets: their lengths are {', '.join(map(str, lengths))}")
        self._length = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __len__(self) -> int:
        return self._length


class Subset(Dataset[Sample]):
    """The samples at `indices` of a dataset (torch.utils.data.Subset)."""

    def __init__(self, dataset: Any, indices: Sequence[int] | NDArray[Any]) -> None:
        self.dataset = dataset
        self.indices = indices
        self.vectorized = is_vectorized(dataset)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, np.ndarray | list):
            chosen = self._chosen(np.asarray(index))
            return self.dataset[chosen] if self.vectorized else [self.dataset[each] for each in chosen.tolist()]
        return self.dataset[self.indices[index]]

    def _chosen(self, places: NDArray[Any]) -> NDArray[Any]:
        if isinstance(self.indices, np.ndarray):
            return self.indices[places]
        # A long list becomes no array for each short batch.
        return np.asarray([self.indices[place] for place in places.tolist()])

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset[Sample]):
    """The samples of several datasets, one after the other (torch.utils.data.ConcatDataset)."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        for dataset in self.datasets:
            if isinstance(dataset, IterableDataset):
                raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(accumulate(len(dataset) for dataset in self.datasets))

    def __getitem__(self, index: Any) -> Any:
        position = int(index) + (len(self) if index < 0 else 0)
        if position < 0:
            raise ValueError(f"absolute value of index should not exceed dataset length: {index} of {len(self)}")
        if position >= len(self):
            raise IndexError(f"sample {index} was asked for, there are {len(self)}")
        which = bisect_right(self.cumulative_sizes, position)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][position - before]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


def is_vectorized(dataset: Any) -> bool:
    """Whether a dataset says that an array of indices gives a whole batch."""
    return bool(getattr(dataset, "vectorized", False))
