"""The metrics of a recipe by name, updated together."""

from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from recipes.errors import GalleyError
from recipes.metrics.metric import Metric, ScalarMetric, TableMetric, Tensor


class Metrics(Mapping[str, Metric]):
    """Metrics under the names that their results are recorded by."""

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self._metrics = dict(metrics)

    def __getitem__(self, name: str) -> Metric:
        return self._metrics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)

    def names(self) -> tuple[str, ...]:
        """Return the names that `compute` gives numbers for: what a `monitor` can name."""
        return tuple(name for name, metric in self.items() if isinstance(metric, ScalarMetric))

    def update(self, outputs: Tensor, targets: Tensor, loss: Tensor | None = None) -> None:
        """Add a batch to each metric. Never waits for the device."""
        for metric in self.values():
            metric.update(outputs, targets, loss)

    def compute(self) -> dict[str, float]:
        """Return the numbers since the last reset; waits for the device."""
        return {name: metric.compute() for name, metric in self.items() if isinstance(metric, ScalarMetric)}

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the tables since the last reset; waits for the device."""
        return {name: metric.compute() for name, metric in self.items() if isinstance(metric, TableMetric)}

    def reset(self) -> None:
        """Forget all batches."""
        for metric in self.values():
            metric.reset()

    def merge(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Add the `state_dict` of the same metrics over other samples."""
        for name, state in self._named_alike(states).items():
            self[name].merge(state)

    def state_dict(self) -> dict[str, dict[str, Any]]:
        """Return each metric's sums; waits for the device."""
        return {name: metric.state_dict() for name, metric in self.items()}

    def load_state_dict(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Continue from sums that `state_dict` gave."""
        for name, state in self._named_alike(states).items():
            self[name].load_state_dict(state)

    def _named_alike(self, states: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        if states.keys() != self.keys():
            raise GalleyError(
                f"the recipe's metrics are {', '.join(self) or 'none'}, the saved ones {', '.join(states) or 'none'}"
            )
        return states
