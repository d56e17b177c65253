"""The metrics of a recipe by name, updated together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from recipes.errors import GalleyError
from recipes.metrics.metric import Metric, ScalarMetric, TableMetric, Tensor

# Batches that are collected wait until their outputs have so many numbers in all.
WAITING = 1 << 16

Batch = tuple[Tensor, Tensor, Tensor | None]


class Metrics(Mapping[str, Metric]):
    """Metrics under the names that their results are recorded by."""

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self._metrics = dict(metrics)
        self._waiting: list[Batch] = []
        self._room = WAITING

    def __getitem__(self, name: str) -> Metric:
        self._add_waiting()
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

    def collect(self, outputs: Tensor, targets: Tensor, loss: Tensor | None = None) -> None:
        """Add a batch with others at once, before anything is read: the same as `update`, but cheap for small batches.

        The tensors must stay as they are.
        """
        self._waiting.append((outputs, targets, loss))
        self._room -= outputs.numel()
        if self._room <= 0:
            self._add_waiting()

    def compute(self) -> dict[str, float]:
        """Return the numbers since the last reset; waits for the device."""
        return {name: metric.compute() for name, metric in self.items() if isinstance(metric, ScalarMetric)}

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the tables since the last reset; waits for the device."""
        return {name: metric.compute() for name, metric in self.items() if isinstance(metric, TableMetric)}

    def reset(self) -> None:
        """Forget all batches."""
        self._forget_waiting()
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

    def _forget_waiting(self) -> list[Batch]:
        waiting, self._waiting, self._room = self._waiting, [], WAITING
        return waiting

    def _add_waiting(self) -> None:
        """Add the batches that were collected."""
        if not self._waiting:
            return
        batches = self._forget_waiting()
        joint = joined(batches)
        for metric in self._metrics.values():
            for batch in joint if metric.by_sample else batches:
                metric.update(*batch)

    def _named_alike(self, states: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        if states.keys() != self.keys():
            raise GalleyError(
                f"the recipe's metrics are {', '.join(self) or 'none'}, the saved ones {', '.join(states) or 'none'}"
            )
        return states


def joined(batches: Sequence[Batch]) -> Sequence[Batch]:
    """Several batches as one without a loss; themselves where they don't fit together."""
    outputs, targets = (on_host([batch[place] for batch in batches]) for place in (0, 1))
    fit = all(one.shape[0] == other.shape[0] for one, other in zip(outputs, targets, strict=True))
    if not fit or len({tuple(each.shape[1:]) for each in outputs}) > 1:
        return batches
    return [(concatenated(outputs), concatenated(targets), None)]


def on_host(tensors: Sequence[Tensor]) -> Sequence[Any]:
    """Arrays over the tensors' memory if that is the host's, which are quicker to put together; else the tensors."""
    here = all(each.device.type == "cpu" and each.dtype != engine.bfloat16 for each in tensors)
    return [each.numpy() for each in tensors] if here else tensors


def concatenated(parts: Sequence[Any]) -> Tensor:
    """Arrays or tensors, one behind another."""
    if isinstance(parts[0], np.ndarray):
        return engine.from_numpy(np.concatenate(parts))
    return engine.cat(tuple(parts))
