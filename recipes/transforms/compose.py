"""Transforms one after the other."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from recipes.transforms.transform import BatchContext, Shape, Transform


class Compose(Transform):
    """Apply transforms in order, each with random numbers of its own; a mapping gives them names, in its order."""

    def __init__(self, transforms: Sequence[Transform] | Mapping[str, Transform]) -> None:
        self.transforms = tuple(transforms.values() if isinstance(transforms, Mapping) else transforms)
        self.draws = sum(transform.draws for transform in self.transforms)

    def __call__(self, batch: NDArray[Any], context: BatchContext) -> NDArray[Any]:
        for transform in self.transforms:
            batch = transform(batch, context)
            context = context.after(transform.draws)
        return batch

    def output_shape(self, shape: Shape) -> Shape:
        for transform in self.transforms:
            shape = transform.output_shape(shape)
        return shape

    def output_dtype(self, dtype: str) -> str:
        for transform in self.transforms:
            dtype = transform.output_dtype(dtype)
        return dtype
