"""What a workload is: a model, its batches and a training step, written once for whatever speaks PyTorch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.workloads.products import Product

Arrays = tuple[NDArray[Any], ...]
Step = Callable[..., Any]
Wrapper = Callable[[Step], Step]


def as_it_is(function: Step) -> Step:
    """What takes the place of a compiler where there is none."""
    return function


@dataclass(frozen=True)
class Workload(ABC):
    """A training step at given sizes; `torch` is whatever module speaks PyTorch, PyTorch itself or the engine."""

    batch: int

    images: ClassVar[bool] = False
    """Whether it convolves images, so that a channels-last layout could help."""

    @abstractmethod
    def networks(self, torch: Any) -> tuple[Any, ...]:
        """The networks that are trained, each by an optimizer of its own."""

    @abstractmethod
    def arrays(self, draw: np.random.Generator) -> Arrays:
        """One batch."""

    @abstractmethod
    def products(self) -> list[Product]:
        """The matrix products of one step, convolutions as products with a matrix of patches."""

    def loss(self, torch: Any, network: Any, inputs: Any, targets: Any) -> Any:
        """The mean cross entropy of a batch."""
        return torch.nn.functional.cross_entropy(network(inputs), targets)

    def step(
        self, torch: Any, networks: Sequence[Any], optimizers: Sequence[Any], compiled: Wrapper = as_it_is
    ) -> Step:
        """A function of one batch that trains on it and returns the loss; `compiled` is applied to the forward part."""
        (network,), (optimizer,) = networks, optimizers

        @compiled
        def forward(inputs: Any, targets: Any) -> Any:
            return self.loss(torch, network, inputs, targets)

        def step(inputs: Any, targets: Any) -> Any:
            optimizer.zero_grad()
            loss = forward(inputs, targets)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step
