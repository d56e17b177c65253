"""The handwritten digits that ship inside scikit-learn: real images, at hand without a network."""

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recipes.datasets.dataset import ArrayDataset, DataSpec
from recipes.errors import UsageError

SAMPLES = 1797
DARKEST = 16
# Which of every ten images of a digit goes where. Neighbours in the file are often by the same hand,
# so the held-out images lie spread among the ones that are learned from.
TEST_RANKS = (4, 9)
VALIDATION_RANKS = (2,)


class Digits:
    """1,797 digits of 8 x 8 pixels as float32 in [0, 1]; of every ten of a class 7 train, 1 validates and 2 test.

    Inputs are (N, 1, 8, 8), targets int64 0 to 9. The split is the same for every seed: 1,261 train, 181 validation
    and 355 test samples, the classes balanced in each. Source: UCI's optical recognition of handwritten digits.
    """

    def spec(self) -> DataSpec:
        """Describe the samples without reading them."""
        return DataSpec(
            input_shape=(1, 8, 8),
            input_dtype="float32",
            target_shape=(),
            target_dtype="int64",
            classes=tuple(str(digit) for digit in range(10)),
            sizes={"train": 1261, "validation": 181, "test": 355},
        )

    @property
    def train(self) -> ArrayDataset:
        """The samples to learn from."""
        return self._splits["train"]

    @property
    def validation(self) -> ArrayDataset:
        """The samples to choose by."""
        return self._splits["validation"]

    @property
    def test(self) -> ArrayDataset:
        """The samples to report on."""
        return self._splits["test"]

    @cached_property
    def _splits(self) -> dict[str, ArrayDataset]:
        table = read_table(find_table())
        inputs = (table[:, :-1] / np.float32(DARKEST)).astype(np.float32).reshape(-1, 1, 8, 8)
        targets = table[:, -1].astype(np.int64)
        ranks = rank_within_class(targets) % 10
        test = np.isin(ranks, TEST_RANKS)
        validation = np.isin(ranks, VALIDATION_RANKS)
        masks = {"train": ~(test | validation), "validation": validation, "test": test}
        return {name: ArrayDataset(inputs[mask], targets[mask]) for name, mask in masks.items()}


def find_table() -> Path:
    """Find the CSV inside the installed scikit-learn without importing it, which would cost more than a second."""
    package = find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder, "datasets", "data", "digits.csv.gz")
        if path.is_file():
            return path
    raise UsageError(
        "The digits come with scikit-learn, and the installed Python has "
        + ("a scikit-learn without them" if package else "no scikit-learn")
        + ": run `pip install --force-reinstall scikit-learn`"
    )


def read_table(path: Path) -> NDArray[np.uint8]:
    """Read the (1797, 65) table: 64 pixels from 0 to 16 and the digit, a row an image."""
    try:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8, ndmin=2)
    except (OSError, EOFError, ValueError) as error:
        raise UsageError(f"{path}: not a table of digits ({error}); reinstall scikit-learn") from error
    if table.shape != (SAMPLES, 65):
        shape = " x ".join(str(size) for size in table.shape)
        raise UsageError(f"{path}: holds {shape} numbers where the digits have {SAMPLES} x 65; reinstall scikit-learn")
    if table[:, :-1].max() > DARKEST or table[:, -1].max() > 9:
        raise UsageError(f"{path}: has pixels above {DARKEST} or digits above 9; reinstall scikit-learn")
    return table


def rank_within_class(targets: NDArray[Any]) -> NDArray[np.int64]:
    """Number the samples of each class 0, 1, 2, ... in the order they come in."""
    by_class = np.argsort(targets, kind="stable")
    ordered = targets[by_class]
    ranks = np.empty(len(targets), dtype=np.int64)
    ranks[by_class] = np.arange(len(targets)) - np.searchsorted(ordered, ordered)
    return ranks
