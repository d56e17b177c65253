"""Transforms of a sample's values: to floating point, to zero mean and unit deviation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recipes.errors import UsageError
from recipes.transforms.transform import BatchContext, Shape, Transform


class ToFloat(Transform):
    """x / divisor as float32; the default takes bytes to [0, 1]."""

    def __init__(self, divisor: float = 255.0) -> None:
        if divisor == 0:
            raise UsageError("ToFloat: divisor is 0; a positive number is expected, 255 for bytes")
        self.divisor = np.float32(divisor)

    def __call__(self, batch: NDArray[Any], context: BatchContext) -> NDArray[np.float32]:
        return np.divide(batch, self.divisor, dtype=np.float32)

    def output_dtype(self, dtype: str) -> str:
        return "float32"


class Normalize(Transform):
    """(x - mean) / std, with one mean and one deviation for all channels or one for each: samples are (C, ...)."""

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        self.mean = np.atleast_1d(np.asarray(mean, dtype=np.float32))
        self.std = np.atleast_1d(np.asarray(std, dtype=np.float32))
        if not np.all(self.std > 0):
            raise UsageError(f"Normalize: std is {std}; positive numbers are expected")

    def __call__(self, batch: NDArray[Any], context: BatchContext) -> NDArray[Any]:
        per_channel = (-1, *(1,) * (batch.ndim - 2))
        centred = batch - self.mean.reshape(per_channel)
        centred /= self.std.reshape(per_channel)
        return centred

    def output_shape(self, shape: Shape) -> Shape:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, *shape[:1]):
                raise UsageError(
                    f"Normalize: {name} has {len(values)} numbers for samples of shape {shape}; "
                    "one for all channels or one for each is expected"
                )
        return shape

    def output_dtype(self, dtype: str) -> str:
        if not dtype.startswith("float"):
            raise UsageError(f"Normalize: takes floating-point samples, these are {dtype}; put ToFloat before it")
        return dtype
