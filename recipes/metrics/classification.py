"""Metrics of how often the class with the highest score is the right one."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recipes.errors import UsageError
from recipes.metrics.metric import MeanMetric, TableMetric, Tensor


class Accuracy(MeanMetric):
    """The share of targets (N, ...) whose class has the highest score in outputs (N, classes, ...)."""

    by_sample: ClassVar[bool] = True

    def update(self, outputs: Tensor, targets: Tensor, loss: Tensor | None = None) -> None:
        """Count the hits of a batch."""
        hits = predicted(outputs, targets, type(self).__name__) == targets
        self._add(total=hits.sum(), count=targets.numel())


class ConfusionMatrix(TableMetric):
    """How often samples of each class (row) were taken for each class (column)."""

    by_sample: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__("counts")

    def update(self, outputs: Tensor, targets: Tensor, loss: Tensor | None = None) -> None:
        """Count each target (N, ...) and the class with the highest score in outputs (N, classes, ...)."""
        taken_for = predicted(outputs, targets, type(self).__name__)
        empty = targets.new_zeros((outputs.shape[1], outputs.shape[1]))
        ones = targets.new_ones((targets.numel(),))
        self._add(counts=empty.index_put((targets.flatten(), taken_for.flatten()), ones, accumulate=True))

    def compute(self) -> NDArray[np.int64]:
        """Return the counts, (classes, classes) or (0, 0) where there was no sample; waits for the device."""
        counts = self.state_dict()["counts"]
        return np.asarray(counts or np.empty((0, 0)), dtype=np.int64)


def predicted(outputs: Tensor, targets: Tensor, metric: str) -> Tensor:
    """Return the class with the highest score for each target; UsageError where outputs and targets don't pair."""
    scores, expected = tuple(outputs.shape), tuple(targets.shape)
    if len(scores) < 2 or (scores[0], *scores[2:]) != expected:
        raise UsageError(
            f"{metric}: takes scores of shape (N, classes, ...) and classes of shape (N, ...); "
            f"the model gives {scores} and the targets are {expected}"
        )
    return outputs.argmax(dim=1)
