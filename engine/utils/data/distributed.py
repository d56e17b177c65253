"""DistributedSampler: each of several processes takes its own part of a data set."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from engine.backend import philox
from engine.utils.data.samplers import EpochSampler, Order, Sized


class DistributedSampler(EpochSampler):
    """Every `num_replicas`-th sample from number `rank` on, shuffled by (seed, epoch) (PyTorch's class of that name).

    So that all processes have as many, samples from the front come twice, or, with `drop_last`, those at the end not at
    all. Rank and number are those of the environment (RANK, WORLD_SIZE) where they are not given; RuntimeError where
    they are not there either, ValueError for a rank outside [0, num_replicas). Call `set_epoch` before each pass, or
    let a loader do it: the order of an epoch is always the same.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        self.dataset = dataset
        self.num_replicas = _of_environment("WORLD_SIZE", "num_replicas") if num_replicas is None else num_replicas
        self.rank = _of_environment("RANK", "rank") if rank is None else rank
        if not 0 <= self.rank < self.num_replicas:
            raise ValueError(f"Invalid rank {self.rank}, rank should be in the interval [0, {self.num_replicas - 1}]")
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        size = len(dataset)
        self.num_samples = size // self.num_replicas if drop_last else -(-size // self.num_replicas)
        self.total_size = self.num_samples * self.num_replicas

    def order(self, epoch: int) -> Order:
        """The indices of this process in an epoch."""
        size = len(self.dataset)
        whole = philox.permutation(np, self.seed, epoch, size) if self.shuffle else np.arange(size)
        return np.resize(whole, self.total_size)[self.rank :: self.num_replicas]

    def __iter__(self) -> Iterator[int]:
        return iter(self.order(self.epoch).tolist())

    def __len__(self) -> int:
        return self.num_samples


def _of_environment(variable: str, argument: str) -> int:
    value = os.environ.get(variable)
    if value is None:
        raise RuntimeError(f"DistributedSampler needs {argument}: give it, or start with {variable} in the environment")
    return int(value)
