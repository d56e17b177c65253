"""The images that the loaders are measured with: Fashion-MNIST where it lies at hand, else noise of the same size."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = "FASHION_MNIST"
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
COUNT, SIDE, CLASSES = 60_000, 28, 10
IMAGE_HEADER, LABEL_HEADER = 16, 8


def source() -> str:
    """Where the images come from."""
    return "Fashion-MNIST" if _folder() else f"noise of the same size, for ${FOLDER} names no folder with {IMAGES}"


def images_and_labels(count: int = COUNT) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The first `count` images (N, 1, 28, 28) and their labels."""
    folder = _folder()
    if folder is None:
        draw = np.random.default_rng(0)
        images: NDArray[Any] = draw.integers(256, size=(count, 1, SIDE, SIDE), dtype=np.uint8)
        return images, draw.integers(CLASSES, size=count)
    images = _bytes(folder / IMAGES, IMAGE_HEADER).reshape(-1, 1, SIDE, SIDE)
    return images[:count].copy(), _bytes(folder / LABELS, LABEL_HEADER)[:count].astype(np.int64)


def _folder() -> Path | None:
    folder = Path(os.environ.get(FOLDER, ""))
    return folder if (folder / IMAGES).is_file() and (folder / LABELS).is_file() else None


def _bytes(path: Path, header: int) -> NDArray[np.uint8]:
    # Read here and not by the recipes: they would load the engine into PyTorch's process, and set up its threads.
    return np.frombuffer(gzip.decompress(path.read_bytes()), dtype=np.uint8, offset=header)
