"""random_split: a dataset in parts drawn at random."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from engine.backend import philox
from engine.tensors.generator import Generator, default_generator
from engine.utils.data.dataset import Subset


def random_split(dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None) -> list[Subset[Any]]:
    """Split a dataset into parts of the lengths, or shares of 1, given (torch.utils.data.random_split).

    Which sample falls where is one draw of the generator, by default the default one. Raises ValueError for lengths
    that don't add up to the dataset's.
    """
    sizes = _sizes(len(dataset), lengths)
    draw = (generator or default_generator).draw()
    order = philox.permutation(np, draw.seed, draw.offset, len(dataset)).tolist()
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, accumulate(sizes), strict=True)]


def _sizes(total: int, lengths: Sequence[int | float]) -> list[int]:
    if not math.isclose(sum(lengths), 1):
        if sum(lengths) != total:
            raise ValueError(
                "Sum of input lengths does not equal the length of the input dataset: "
                f"{' + '.join(map(str, lengths))} is not {total}"
            )
        return [int(length) for length in lengths]
    for number, share in enumerate(lengths):
        if not 0 <= share <= 1:
            raise ValueError(f"Fraction at index {number} is not between 0 and 1: {share}")
    sizes = [math.floor(total * share) for share in lengths]
    for position in range(total - sum(sizes)):
        sizes[position % len(sizes)] += 1
    for number, size in enumerate(sizes):
        if size == 0:
            warnings.warn(
                f"Length of split at index {number} is 0. This might result in an empty dataset.", stacklevel=3
            )
    return sizes
