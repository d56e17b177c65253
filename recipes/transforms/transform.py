"""What every transform is: a function of a whole batch that knows its result's shape and dtype without data."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

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
