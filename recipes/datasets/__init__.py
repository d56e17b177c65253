"""Datasets: each says what its samples are before it reads them, then gives three splits as arrays."""

from recipes.datasets.dataset import ArrayDataset, Dataset, DataSpec
from recipes.datasets.digits import Digits
from recipes.datasets.mnist import MNIST, FashionMNIST

__all__ = ["MNIST", "ArrayDataset", "DataSpec", "Dataset", "Digits", "FashionMNIST"]
