"""What every transform is: a function of a whole batch that knows its result's shape and dtype without data."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backend import philox

Shape = tuple[int, ...]


@dataclass(frozen=True)
class BatchContext:
    """Which samples a batch holds and when: all that a transform's randomness may depend on.

    `indices` are the samples' numbers within their split, in the batch's order; `draw` is the first of the sample's
    random numbers that is still unused.
    """

    seed: int
    epoch: int
    indices: NDArray[Any]
    training: bool
    draw: int = 0
    _drawn: dict[int, NDArray[np.uint32]] = field(default_factory=dict, repr=False, compare=False)

    def integers(self, places: int, number: int = 0) -> NDArray[np.int64]:
        """Each sample's random number `number` of those unused, in [0, places); `places` is at most 2**32."""
        return (self._word(number).astype(np.uint64) * places >> 32).astype(np.int64)

    def uniform(self, number: int = 0) -> NDArray[np.float32]:
        """Each sample's random number `number` of those unused, a multiple of 2**-24 in [0, 1)."""
        return (self._word(number) >> 8).astype(np.float32) * np.float32(2.0**-24)

    def _word(self, number: int) -> NDArray[np.uint32]:
        # Four words are drawn for the price of one: the transforms of one batch share them.
        block, place = divmod(self.draw + number, 4)
        if block not in self._drawn:
            self._drawn[block] = philox.sample_bits(np, self.seed, self.epoch, self.indices, 4 * block, 4)
        return self._drawn[block][:, place]

    def after(self, draws: int) -> "BatchContext":
        """The context of what comes after a transform that took so many random numbers."""
        return replace(self, draw=self.draw + draws)


class Transform(ABC):
    """A step from raw samples to what a model takes: (N, ...) in, (N, ...) out, no sample touching another."""

    draws: int = 0
    """How many random numbers it takes for each sample."""

    @abstractmethod
    def __call__(self, batch: NDArray[Any], context: BatchContext) -> NDArray[Any]:
        """Transform a batch; random transforms act only where `context.training` is set."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of a sample that had `shape`; UsageError where such a sample can't be transformed."""
        return shape

    def output_dtype(self, dtype: str) -> str:
        """Return the dtype of a batch that had `dtype`; UsageError where such a batch can't be transformed."""
        return dtype
