"""What every metric is: sums over samples that stay on the tensors' device until they are read."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recipes.errors import GalleyError

# Whatever has PyTorch's methods: a metric asks its arguments alone, so it runs on every device, meta too.
Tensor: TypeAlias = Any


class Metric(ABC):
    """Named sums that start at 0: each batch adds to them, and two metrics' sums add up to those of all samples.

    A sum is a tensor once a batch was added and a number or nested list after it was loaded; both continue in the
    same order of additions, so a run that was interrupted ends with the same bits.
    """

    by_sample: ClassVar[bool] = False
    """Whether each sample counts by itself, so that several batches may be added as one."""

    def __init__(self, *sums: str) -> None:
        self._sums: dict[str, Any] = dict.fromkeys(sums, 0)

    @abstractmethod
    def update(self, outputs: Tensor, targets: Tensor, loss: Tensor | None = None) -> None:
        """Add a batch: what the model gave, what was right, and the batch's mean loss. Never waits for the device."""

    def reset(self) -> None:
        """Forget all batches."""
        self._sums = dict.fromkeys(self._sums, 0)

    def merge(self, sums: Mapping[str, Any]) -> None:
        """Add the `state_dict` of a metric that saw other samples."""
        for name, amount in self._named_alike(sums).items():
            self._sums[name] = np.add(self._on_host(name), amount).tolist()

    def state_dict(self) -> dict[str, Any]:
        """Return the sums as numbers and nested lists; waits for the device."""
        return {name: self._on_host(name) for name in self._sums}

    def load_state_dict(self, sums: Mapping[str, Any]) -> None:
        """Continue from sums that `state_dict` gave."""
        self._sums = self._named_alike(sums)

    def _add(self, **amounts: Any) -> None:
        for name, amount in amounts.items():
            total = self._sums[name]
            self._sums[name] = (amount.new_tensor(total) if isinstance(total, list) else total) + amount

    def _on_host(self, name: str) -> Any:
        total = self._sums[name]
        return total.tolist() if hasattr(total, "tolist") else total

    def _named_alike(self, sums: Mapping[str, Any]) -> dict[str, Any]:
        if sums.keys() != self._sums.keys():
            raise GalleyError(
                f"{type(self).__name__}: keeps the sums {', '.join(self._sums)}, was given {', '.join(sums) or 'none'}"
            )
        return dict(sums)


class ScalarMetric(Metric):
    """A metric whose result is one number, kept as a curve."""

    @abstractmethod
    def compute(self) -> float:
        """Return the number over all samples since the last reset; waits for the device."""


class MeanMetric(ScalarMetric):
    """The sum `total` divided by the sum `count`."""

    def __init__(self) -> None:
        super().__init__("total", "count")

    def compute(self) -> float:
        """Return the mean since the last reset; waits for the device. GalleyError where there was no sample."""
        sums = self.state_dict()
        if sums["count"] == 0:
            raise GalleyError(f"{type(self).__name__}: there is no mean of no samples; was the split empty?")
        return float(sums["total"] / sums["count"])


class TableMetric(Metric):
    """A metric whose result is a table, kept as a picture."""

    @abstractmethod
    def compute(self) -> NDArray[Any]:
        """Return the table over all samples since the last reset; waits for the device."""
