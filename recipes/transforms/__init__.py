"""Transforms from stored samples to what a model takes, a whole batch at a time."""

from recipes.transforms.compose import Compose
from recipes.transforms.geometry import Flatten, RandomCrop, RandomHorizontalFlip
from recipes.transforms.transform import BatchContext, Transform
from recipes.transforms.values import Normalize, ToFloat

__all__ = [
    "BatchContext",
    "Compose",
    "Flatten",
    "Normalize",
    "RandomCrop",
    "RandomHorizontalFlip",
    "ToFloat",
    "Transform",
]
