"""Fetcher: from indices to a batch, in the loader's own process or in a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.utils.data.collate import as_arrays, stacked
from engine.utils.data.dataset import TensorDataset
from engine.utils.data.sample import BatchPlace, SampleInfo, current

Collate = Callable[[Any], Any]
BatchTransform = Callable[[Any, BatchPlace], Any]


class Fetcher:
    """Loads the samples of a batch, puts them together and transforms them.

    A `vectorized` dataset is indexed once with an array, any other once a sample. Without `collate`, arrays are stacked
    and stay NumPy arrays: the loader makes tensors of them at the very end. Not `batched`, a batch is a single sample.
    """

    def __init__(
        self,
        dataset: Any,
        collate: Collate | None,
        transform: BatchTransform | None,
        vectorized: bool,
        batched: bool,
        seed: int,
    ) -> None:
        self.dataset = dataset
        self.collate = collate
        self.transform = transform
        self.vectorized = vectorized
        self.batched = batched
        self.seed = seed

    def __call__(self, indices: Any, epoch: int) -> Any:
        """The batch at `indices`: an array or list of them, or, not batched, one."""
        batch = self.together(self._samples(indices, epoch))
        if self.transform is None:
            return batch
        place = BatchPlace(self.seed, epoch, np.asarray(indices))
        try:
            return self.transform(batch, place)
        except Exception as error:
            error.add_note(f"while batch_transform changed {_described(place.indices)} in epoch {epoch}")
            raise

    def together(self, samples: Any) -> Any:
        """One batch of what the dataset gave."""
        if self.collate is not None:
            return self.collate(samples)
        return stacked(samples) if self.batched and not self.vectorized else as_arrays(samples)

    def _samples(self, indices: Any, epoch: int) -> Any:
        if not self.batched:
            return self._sample(indices, epoch)
        if self.vectorized:
            return self._whole(np.asarray(indices), epoch)
        listed = indices.tolist() if isinstance(indices, np.ndarray) else indices
        if hasattr(self.dataset, "__getitems__"):
            return self.dataset.__getitems__(listed)
        return [self._sample(index, epoch) for index in listed]

    def _sample(self, index: Any, epoch: int) -> Any:
        current.info = SampleInfo(index, epoch, self.seed)
        try:
            return self.dataset[index]
        except Exception as error:
            error.add_note(f"while loading sample {index!r} in epoch {epoch}")
            raise
        finally:
            current.info = None

    def _whole(self, indices: Any, epoch: int) -> Any:
        try:
            # The loader's tensors have no gradient anyway: rows are taken without the ops of tensors.
            if type(self.dataset) is TensorDataset:
                return tuple(tensor.array[indices] for tensor in self.dataset.tensors)
            return self.dataset[indices]
        except Exception as error:
            error.add_note(f"while loading {_described(indices)} in epoch {epoch}")
            raise


def _described(indices: Any) -> str:
    return f"the batch of {indices.size} samples whose first is {indices.flat[0]}" if indices.size else "an empty batch"
