"""Transforms of where a sample's values are: flattened, cropped, mirrored."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from recipes.errors import UsageError
from recipes.transforms.transform import BatchContext, Shape, Transform


class Flatten(Transform):
    """Each sample as one row: (N, ...) to (N, F)."""

    def __call__(self, batch: NDArray[Any], context: BatchContext) -> NDArray[Any]:
        return batch.reshape(len(batch), math.prod(batch.shape[1:]))

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


class RandomCrop(Transform):
    """A window of `size` at a random place of each image, which is first padded on all sides with `fill`.

    Images are (N, C, H, W); `size` is a height and width or one number for both. Outside training the window is the
    one in the middle, so that the shapes agree.
    """

    draws = 2

    def __init__(self, size: int | Sequence[int], padding: int = 0, fill: float = 0) -> None:
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        if len(self.size) != 2 or min(self.size) < 1:
            raise UsageError(f"RandomCrop: size is {size}; a positive number or a height and a width are expected")
        if padding < 0:
            raise UsageError(f"RandomCrop: padding is {padding}; 0 or more is expected")
        self.padding = padding
        self.fill = fill

    def __call__(self, batch: NDArray[Any], context: BatchContext) -> NDArray[Any]:
        windows = sliding_window_view(self._padded(batch), self.size, axis=(2, 3))
        down, across = windows.shape[2:4]
        if not context.training:
            return windows[:, :, (down - 1) // 2, (across - 1) // 2].copy()
        tops, lefts = context.integers(down), context.integers(across, 1)
        return windows[np.arange(len(batch)), :, tops, lefts]

    def output_shape(self, shape: Shape) -> Shape:
        _demand_image("RandomCrop", shape)
        padded = tuple(side + 2 * self.padding for side in shape[-2:])
        if padded[0] < self.size[0] or padded[1] < self.size[1]:
            raise UsageError(
                f"RandomCrop: a window of {_by(self.size)} doesn't fit images of {_by(shape[-2:])} "
                f"padded by {self.padding} to {_by(padded)}"
            )
        return (*shape[:-2], *self.size)

    def _padded(self, batch: NDArray[Any]) -> NDArray[Any]:
        if not self.padding:
            return batch
        count, channels, height, width = batch.shape
        inside = (..., slice(self.padding, self.padding + height), slice(self.padding, self.padding + width))
        padded = np.full(
            (count, channels, height + 2 * self.padding, width + 2 * self.padding), self.fill, dtype=batch.dtype
        )
        padded[inside] = batch
        return padded


class RandomHorizontalFlip(Transform):
    """Each image mirrored left to right with `probability`; images are (N, C, H, W). Outside training, none is."""

    draws = 1

    def __init__(self, probability: float = 0.5) -> None:
        if not 0 <= probability <= 1:
            raise UsageError(f"RandomHorizontalFlip: probability is {probability}; a number from 0 to 1 is expected")
        self.probability = probability

    def __call__(self, batch: NDArray[Any], context: BatchContext) -> NDArray[Any]:
        if not context.training:
            return batch
        mirrored = np.flatnonzero(context.uniform() < self.probability)
        flipped = batch.copy()
        flipped[mirrored] = batch[mirrored, ..., ::-1]
        return flipped

    def output_shape(self, shape: Shape) -> Shape:
        _demand_image("RandomHorizontalFlip", shape)
        return shape


def _demand_image(name: str, shape: Shape) -> None:
    if len(shape) != 3:
        raise UsageError(f"{name}: takes images of shape (channels, height, width), these samples are {shape}")


def _by(sizes: Sequence[int]) -> str:
    return " x ".join(str(size) for size in sizes)
