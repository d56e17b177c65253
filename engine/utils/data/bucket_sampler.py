"""BucketBatchSampler: batches of samples of about one length, so that little of a padded batch is padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backend import philox
from engine.tensors import Tensor
from engine.tensors.generator import Generator
from engine.utils.data.samplers import Sampler, batch_count
from engine.utils.data.seeds import chosen_seed

# Epochs have 32 bits: orders of samples and orders of batches never share a draw.
ORDER_OF_BATCHES = 1 << 32


class BucketBatchSampler(Sampler[list[int]]):
    """Batches of indices whose samples have similar `lengths`.

    Samples, in random order, are taken `batch_size · bucket_size_multiplier` at a time; each such bucket is sorted by
    length and cut into batches, and all batches come in random order. A larger multiplier means less padding and less
    chance. Without `shuffle` buckets are of neighbours, and batches come bucket by bucket. Orders are a function of
    (seed, epoch) alone; the seed is drawn from the generator, by default the default one, where it is not given. Each
    pass by itself begins the next epoch. Raises ValueError for a size below 1 or lengths that are no list of numbers.
    """

    def __init__(
        self,
        lengths: Sequence[int] | NDArray[Any] | Tensor,
        batch_size: int,
        bucket_size_multiplier: int = 100,
        shuffle: bool = True,
        drop_last: bool = False,
        generator: Generator | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        for name, value in (("batch_size", batch_size), ("bucket_size_multiplier", bucket_size_multiplier)):
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")
        self.lengths: NDArray[Any] = np.asarray(getattr(lengths, "array", lengths))
        if self.lengths.ndim != 1 or (self.lengths.size and self.lengths.dtype.kind not in "iuf"):
            raise ValueError(
                f"lengths should be a list of numbers, one a sample, but got shape {self.lengths.shape} of "
                f"{self.lengths.dtype}"
            )
        self.batch_size = batch_size
        self.bucket_size_multiplier = bucket_size_multiplier
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = generator
        self.seed = chosen_seed(seed, generator) if shuffle else 0
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next pass is."""
        self.epoch = epoch

    def batches(self, epoch: int) -> list[list[int]]:
        """The batches of an epoch, in order."""
        total, size = len(self.lengths), self.batch_size
        order = philox.permutation(np, self.seed, epoch, total) if self.shuffle else np.arange(total)
        wide = size * self.bucket_size_multiplier
        buckets = [order[start : start + wide] for start in range(0, total, wide)]
        by_length = [bucket[np.argsort(self.lengths[bucket], kind="stable")] for bucket in buckets]
        cut = [bucket[start : start + size].tolist() for bucket in by_length for start in range(0, len(bucket), size)]
        if self.drop_last and cut and len(cut[-1]) < size:
            cut.pop()
        if not self.shuffle:
            return cut
        return [cut[place] for place in philox.permutation(np, self.seed, ORDER_OF_BATCHES + epoch, len(cut))]

    def __iter__(self) -> Iterator[list[int]]:
        batches = self.batches(self.epoch)
        self.epoch += 1
        return iter(batches)

    def __len__(self) -> int:
        return batch_count(len(self.lengths), self.batch_size, self.drop_last)
