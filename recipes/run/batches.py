"""From a split in memory to batches of tensors: order, transforms and their randomness."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from engine.utils.data import BatchPlace, DataLoader
from recipes.transforms import BatchContext, Compose

# What takes longest is never waited for; more would only hold memory.
BATCHES_AHEAD = 3


class BatchTransform:
    """Transforms a batch's inputs; what chance decides depends on the seed, the epoch and each sample's index alone."""

    def __init__(self, transform: Compose, training: bool) -> None:
        self.transform = transform
        self.training = training

    def __call__(self, batch: Sequence[NDArray[Any]], place: BatchPlace) -> tuple[NDArray[Any], NDArray[Any]]:
        """The batch with its inputs transformed."""
        inputs, targets = batch
        context = BatchContext(place.seed, place.epoch, place.indices, self.training)
        return self.transform(inputs, context), targets


def loader(
    split: Any, transform: BatchTransform, *, batch_size: int, workers: int, seed: int, training: bool, drop_last: bool
) -> DataLoader:
    """The batches of a split: shuffled for training, in order else; without workers, a thread makes them ahead."""
    return DataLoader(
        split,
        batch_size=batch_size,
        shuffle=training,
        num_workers=workers,
        # Each starts a Python of its own: once a run, not once an epoch.
        persistent_workers=workers > 0,
        drop_last=drop_last,
        seed=seed,
        batch_transform=transform,
        batches_ahead=0 if workers else BATCHES_AHEAD,
    )
