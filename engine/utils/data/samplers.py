"""Samplers: in which order samples come. Random orders are a function of (seed, epoch) alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.backend import philox
from engine.tensors.generator import Generator
from engine.utils.data.seeds import chosen_seed

Item = TypeVar("Item", covariant=True)
Order = NDArray[np.int64]


class Sized(Protocol):
    """What has a length."""

    def __len__(self) -> int: ...


class Sampler(Generic[Item]):
    """Yields indices, or batches of them (torch.utils.data.Sampler): subclasses write `__iter__`, and `__len__`.

    With `set_epoch(epoch)`, a loader tells it before each pass which epoch begins; a sampler whose order is a function
    of that makes loaders exact to resume.
    """

    def __iter__(self) -> Iterator[Item]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__()")


class EpochSampler(Sampler[int]):
    """A sampler whose order is an array, a function of the epoch alone; each pass by itself begins the next epoch."""

    epoch: int = 0

    def order(self, epoch: int) -> Order:
        """The indices in the order of an epoch."""
        raise NotImplementedError(f"{type(self).__name__} must define order(epoch)")

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next pass is."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        order = self.order(self.epoch)
        self.epoch += 1
        return iter(order.tolist())


class SequentialSampler(EpochSampler):
    """0, 1, 2, … (torch.utils.data.SequentialSampler)."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def order(self, epoch: int) -> Order:
        """The indices in order."""
        return np.arange(len(self))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(EpochSampler):
    """All samples in random order, or `num_samples` drawn with `replacement` (torch.utils.data.RandomSampler).

    More samples than there are, without replacement, come as several orders in a row. The seed is drawn from the
    generator, by default the default one, where it is not given.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if num_samples is not None and (not isinstance(num_samples, int) or num_samples <= 0):
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        self.seed = chosen_seed(seed, generator)

    @property
    def num_samples(self) -> int:
        """How many indices a pass has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def order(self, epoch: int) -> Order:
        """The indices of an epoch."""
        size = len(self.data_source)
        if self.replacement:
            return np.asarray(philox.integers(np, self.seed, epoch, self.num_samples, 0, size))
        rounds = -(-self.num_samples // size) if size else 0
        # Epochs have 32 bits, so the rounds of one epoch and the next never share a draw.
        orders = [philox.permutation(np, self.seed, (turn << 32) + epoch, size) for turn in range(rounds)]
        return np.concatenate(orders or [np.arange(0)])[: self.num_samples]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(EpochSampler):
    """The given indices in random order (torch.utils.data.SubsetRandomSampler)."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None, *, seed: int | None = None) -> None:
        self.indices = indices
        self.generator = generator
        self.seed = chosen_seed(seed, generator)

    def order(self, epoch: int) -> Order:
        """The indices of an epoch."""
        return np.asarray(self.indices, np.int64)[philox.permutation(np, self.seed, epoch, len(self.indices))]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(EpochSampler):
    """Indices drawn with probabilities in proportion to `weights` (torch.utils.data.WeightedRandomSampler).

    Raises ValueError for negative weights, a sum of 0, or too few positive weights to draw without replacement.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = np.asarray(getattr(weights, "array", weights), np.float64)
        if self.weights.ndim != 1:
            raise ValueError(f"weights should be a 1d sequence but given weights have shape {self.weights.shape}")
        if not np.all(self.weights >= 0) or not 0 < self.weights.sum() < np.inf:
            raise ValueError("weights should be 0 or more, finite, and at least one of them positive")
        positive = int(np.count_nonzero(self.weights))
        if not replacement and num_samples > positive:
            raise ValueError(
                f"without replacement, {num_samples} samples need as many positive weights, got {positive}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator
        self.seed = chosen_seed(seed, generator)

    def order(self, epoch: int) -> Order:
        """The indices of an epoch."""
        if self.replacement:
            ends = np.cumsum(self.weights)
            points = philox.uniform(np, self.seed, epoch, self.num_samples, "float64") * ends[-1]
            # Rounding may put a point on the very end: it belongs to the last weight that is not 0.
            last = int(np.flatnonzero(self.weights)[-1])
            return np.minimum(np.searchsorted(ends, points, side="right"), last).astype(np.int64)
        # The smallest of exponential times with these rates, in order, are draws without replacement:
        # Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006.
        uniform = philox.uniform(np, self.seed, epoch, len(self.weights), "float64")
        with np.errstate(divide="ignore"):
            times = -np.log1p(-uniform) / self.weights
        times[self.weights == 0] = np.inf
        return np.argsort(times, kind="stable")[: self.num_samples].astype(np.int64)

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Batches of a sampler's indices, as lists (torch.utils.data.BatchSampler)."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def set_epoch(self, epoch: int) -> None:
        """Tell the sampler, if it wants to know."""
        if hasattr(self.sampler, "set_epoch"):
            self.sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        return batch_count(len(self.sampler), self.batch_size, self.drop_last)


def batch_count(samples: int, batch_size: int, drop_last: bool) -> int:
    """How many batches samples make."""
    return samples // batch_size if drop_last else -(-samples // batch_size)
