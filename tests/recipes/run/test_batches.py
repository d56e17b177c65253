"""Batches of a split: the same to the bit however they are loaded, each what indexing and transforming gives."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.backend import philox
from recipes.datasets import ArrayDataset
from recipes.run.batches import BATCHES_AHEAD, BatchTransform, loader
from recipes.transforms import BatchContext, Compose, Normalize, RandomCrop, RandomHorizontalFlip, ToFloat

SIZE, BATCH, SEED = 150, 32, 11


def split() -> ArrayDataset:
    rng = np.random.default_rng(0)
    return ArrayDataset(rng.integers(0, 256, (SIZE, 1, 9, 8), dtype=np.uint8), rng.integers(0, 10, SIZE))


def augmentation() -> Compose:
    return Compose([RandomCrop((9, 8), padding=2), RandomHorizontalFlip(), ToFloat(), Normalize(0.3, 0.4)])


def batches(workers: int, training: bool) -> list[list[tuple[NDArray[Any], NDArray[Any]]]]:
    made = loader(
        split(),
        BatchTransform(augmentation(), training),
        batch_size=BATCH,
        workers=workers,
        seed=SEED,
        training=training,
        drop_last=False,
    )
    assert made.batches_ahead == (0 if workers else BATCHES_AHEAD)
    return [[(inputs.numpy(), targets.numpy()) for inputs, targets in made] for _ in range(2)]


def expected(training: bool) -> list[list[tuple[NDArray[Any], NDArray[Any]]]]:
    data, transform = split(), augmentation()
    epochs = []
    for epoch in range(2):
        order = philox.permutation(np, SEED, epoch, SIZE) if training else np.arange(SIZE)
        parts = [order[start : start + BATCH] for start in range(0, SIZE, BATCH)]
        epochs.append(
            [
                (transform(data.inputs[part], BatchContext(SEED, epoch, part, training)), data.targets[part])
                for part in parts
            ]
        )
    return epochs


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_the_same_however_they_are_loaded(workers: int, training: bool) -> None:
    for found, wanted in zip(batches(workers, training), expected(training), strict=True):
        for (inputs, targets), (wanted_inputs, wanted_targets) in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(inputs, wanted_inputs)
            np.testing.assert_array_equal(targets, wanted_targets)
