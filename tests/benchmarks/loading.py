"""One side's epochs over augmented images, timed in this process: `python -m tests.benchmarks.loading ORDER`."""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from tests.benchmarks.building import find, laid_out, load, pytorch_step
from tests.benchmarks.process import use_cores
from tests.benchmarks.sides import SIDES

BATCH, PADDING, MEAN, DEVIATION = 128, 2, 0.2860, 0.3530


def our_loader(images: Any, labels: Any) -> Iterable[Any]:
    """The recipes' loader, with their transforms of whole batches."""
    batches, datasets = import_module("recipes.run.batches"), import_module("recipes.datasets")
    transforms = import_module("recipes.transforms")
    augment = transforms.Compose(
        [
            transforms.RandomCrop(images.shape[-1], padding=PADDING),
            transforms.RandomHorizontalFlip(),
            transforms.ToFloat(),
            transforms.Normalize(MEAN, DEVIATION),
        ]
    )
    return batches.loader(
        datasets.ArrayDataset(images, labels),
        batches.BatchTransform(augment, training=True),
        batch_size=BATCH,
        workers=0,
        seed=0,
        training=True,
        drop_last=True,
    )


def pytorch_loader(torch: Any, images: Any, labels: Any, workers: int) -> Iterable[Any]:
    """PyTorch's loader as its users write it: a dataset that transforms a sample at a time."""
    side = images.shape[-1]

    class Augmented(torch.utils.data.Dataset):
        """Cropped, mirrored and normalised images with their labels."""

        def __init__(self) -> None:
            self.images = torch.from_numpy(images)
            self.labels = torch.from_numpy(labels)

        def __len__(self) -> int:
            return len(self.labels)

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            padded = torch.nn.functional.pad(self.images[index], (PADDING,) * 4)
            top, left = torch.randint(2 * PADDING + 1, (2,)).tolist()
            image = padded[:, top : top + side, left : left + side]
            if torch.rand(()) < 0.5:
                image = image.flip(-1)
            return (image.float() / 255 - MEAN) / DEVIATION, self.labels[index]

    return torch.utils.data.DataLoader(
        Augmented(),
        batch_size=BATCH,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )


def epochs(loader: Iterable[Any], train: Any, count: int) -> list[float]:
    """The seconds of each epoch; the first, in which everything starts, is left out."""
    times = []
    for _ in range(count + 1):
        began = time.perf_counter()
        for batch in loader:
            loss = train(*batch)
        float(loss)
        times.append(time.perf_counter() - began)
    return times[1:]


def trained(order: dict[str, Any], torch: Any) -> Any:
    """What is done with each batch: a training step of the order's `workload`, or nothing but looking at it."""
    if order["workload"] is None:
        return lambda images, labels: labels[0]
    side, workload = SIDES[order["side"]], find(order["workload"])
    step = pytorch_step(side, torch, workload)
    if workload.images:
        return lambda images, labels: step(*laid_out(side, torch, workload, (images, labels)))
    return lambda images, labels: step(images.flatten(1), labels)


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """What the order asks for: `side`, `workload`, `workers`, `threads`, `images` and `epochs`."""
    use_cores(order["threads"])
    torch = load(SIDES[order["side"]])
    images, labels = import_module("tests.benchmarks.fashion").images_and_labels(order["images"])
    ours = SIDES[order["side"]].ours
    loader = our_loader(images, labels) if ours else pytorch_loader(torch, images, labels, order["workers"])
    with warnings.catch_warnings():
        # What can't be recorded runs as it is: the table of the steps tells.
        warnings.filterwarnings("ignore", ".* runs without its recording", RuntimeWarning)
        times = epochs(loader, trained(order, torch), order["epochs"])
    return {"seconds": statistics.median(times), "epochs": times}


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
