"""Which sample is being loaded: what a dataset's randomness may depend on, the same for any number of workers."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.backend import philox

# Transforms of batches count a sample's draws from 0: a dataset's own begin far above.
FIRST_DRAW = 1 << 32


@dataclass(frozen=True, slots=True)
class SampleInfo:
    """The sample that `__getitem__` is loading: its index, the epoch, and the loader's seed."""

    index: int
    epoch: int
    seed: int

    @property
    def random_seed(self) -> int:
        """64 random bits, a function of the three numbers alone."""
        low, high = philox.sample_bits(np, self.seed, self.epoch, np.array(self.index), FIRST_DRAW, 2).tolist()
        return int(low) | int(high) << 32

    def generator(self) -> np.random.Generator:
        """NumPy's generator for this sample: each call begins the same numbers anew."""
        return np.random.Generator(np.random.Philox(key=self.random_seed))


class BatchPlace(NamedTuple):
    """Which samples a batch holds and when: all that the randomness of a batch transform may depend on.

    `indices` are the samples' numbers in the dataset, in the batch's order.
    """

    seed: int
    epoch: int
    indices: NDArray[np.int64]


class _Current(threading.local):
    info: SampleInfo | None = None


current = _Current()


def get_sample_info() -> SampleInfo | None:
    """The sample that this thread is loading; None outside of a dataset's `__getitem__` that a loader called."""
    return current.info
