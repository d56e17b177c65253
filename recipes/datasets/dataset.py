"""What every dataset is: a spec that is known before any data is read, and three splits held as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, SupportsIndex

import numpy as np
from numpy.typing import NDArray

Selection = SupportsIndex | slice | NDArray[np.integer] | list[int]


@dataclass(frozen=True)
class DataSpec:
    """The shape and dtype of one sample, the names of its classes and how many samples each split has."""

    input_shape: tuple[int, ...]
    input_dtype: str
    target_shape: tuple[int, ...]
    target_dtype: str
    classes: tuple[str, ...]
    sizes: Mapping[str, int]


class ArrayDataset:
    """Samples of one split in memory: `inputs[i]` belongs to `targets[i]`."""

    vectorized = True
    """What the loader asks: an array of indices gives a whole batch."""

    def __init__(self, inputs: NDArray[Any], targets: NDArray[Any]) -> None:
        if len(inputs) != len(targets):
            raise ValueError(f"{len(inputs)} inputs don't pair with {len(targets)} targets")
        self.inputs = inputs
        self.targets = targets

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, indices: Selection) -> tuple[Any, Any]:
        """Return the inputs and targets at an index, a slice or an array of indices, in that order."""
        return self.inputs[indices], self.targets[indices]


class Dataset(Protocol):
    """A named collection of samples; reading a split may read files, `spec` reads no samples."""

    def spec(self) -> DataSpec: ...

    @property
    def train(self) -> ArrayDataset: ...

    @property
    def validation(self) -> ArrayDataset: ...

    @property
    def test(self) -> ArrayDataset: ...
