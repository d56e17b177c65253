"""The multi-layer perceptron: linear layers with ReLU between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from tests.benchmarks.workloads.products import Product, linear
from tests.benchmarks.workloads.workload import Arrays, Workload


@dataclass(frozen=True)
class MLP(Workload):
    """Widths from the input to the classes."""

    widths: tuple[int, ...]

    def networks(self, torch: Any) -> tuple[Any, ...]:
        nn = torch.nn
        layers: list[Any] = []
        for inputs, outputs in pairwise(self.widths):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return (nn.Sequential(*layers[:-1]),)

    def arrays(self, draw: np.random.Generator) -> Arrays:
        inputs = draw.standard_normal((self.batch, self.widths[0]), dtype=np.float32)
        return inputs, draw.integers(self.widths[-1], size=self.batch)

    def products(self) -> list[Product]:
        return [
            product
            for place, (inputs, outputs) in enumerate(pairwise(self.widths))
            for product in linear(self.batch, inputs, outputs, first=place == 0)
        ]
