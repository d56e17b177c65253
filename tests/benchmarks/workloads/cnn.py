"""A small convolutional network: two convolutions with pooling, two linear layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tests.benchmarks.workloads.products import Product, convolution, linear
from tests.benchmarks.workloads.workload import Arrays, Workload

CLASSES = 10


@dataclass(frozen=True)
class CNN(Workload):
    """3x3 convolutions to `channels`, each halved by pooling, then `hidden` units, on grey images of `side` pixels."""

    side: int = 28
    channels: tuple[int, int] = (32, 64)
    hidden: int = 128

    images: ClassVar[bool] = True

    def networks(self, torch: Any) -> tuple[Any, ...]:
        nn = torch.nn
        first, second = self.channels
        network = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(second * (self.side // 4) ** 2, self.hidden),
            nn.ReLU(),
            nn.Linear(self.hidden, CLASSES),
        )
        return (network,)

    def arrays(self, draw: np.random.Generator) -> Arrays:
        images = draw.standard_normal((self.batch, 1, self.side, self.side), dtype=np.float32)
        return images, draw.integers(CLASSES, size=self.batch)

    def products(self) -> list[Product]:
        first, second = self.channels
        return [
            *convolution(self.batch, self.side, 1, first, 3, first=True),
            *convolution(self.batch, self.side // 2, first, second, 3),
            *linear(self.batch, second * (self.side // 4) ** 2, self.hidden),
            *linear(self.batch, self.hidden, CLASSES),
        ]
