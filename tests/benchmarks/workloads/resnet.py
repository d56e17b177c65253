"""The residual network for small images (He et al. 2016, Deep Residual Learning, section 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tests.benchmarks.workloads.products import Product, convolution, linear
from tests.benchmarks.workloads.workload import Arrays, Workload

CLASSES = 10


class Stage(NamedTuple):
    """One residual block: channels in and out, its stride, and the side of its output."""

    inputs: int
    outputs: int
    stride: int
    side: int


@dataclass(frozen=True)
class ResNet(Workload):
    """6 `blocks` + 2 layers in three groups of width, 2 width and 4 width channels; 3 blocks make ResNet-20."""

    side: int = 32
    blocks: int = 3
    width: int = 16

    images: ClassVar[bool] = True

    def stages(self) -> Iterator[Stage]:
        """The blocks from input to output."""
        inputs, side = self.width, self.side
        for group in range(3):
            for place in range(self.blocks):
                stride = 2 if group > 0 and place == 0 else 1
                side //= stride
                yield Stage(inputs, self.width << group, stride, side)
                inputs = self.width << group

    def networks(self, torch: Any) -> tuple[Any, ...]:
        nn = torch.nn

        class Block(torch.nn.Module):
            """relu(shortcut(x) + bn(conv(relu(bn(conv(x))))))."""

            def __init__(self, stage: Stage) -> None:
                super().__init__()
                self.conv1 = nn.Conv2d(stage.inputs, stage.outputs, 3, stride=stage.stride, padding=1, bias=False)
                self.norm1 = nn.BatchNorm2d(stage.outputs)
                self.conv2 = nn.Conv2d(stage.outputs, stage.outputs, 3, padding=1, bias=False)
                self.norm2 = nn.BatchNorm2d(stage.outputs)
                self.shortcut = nn.Identity()
                if stage.inputs != stage.outputs:
                    self.shortcut = nn.Sequential(
                        nn.Conv2d(stage.inputs, stage.outputs, 1, stride=stage.stride, bias=False),
                        nn.BatchNorm2d(stage.outputs),
                    )

            def forward(self, x: Any) -> Any:
                y = nn.functional.relu(self.norm1(self.conv1(x)))
                return nn.functional.relu(self.norm2(self.conv2(y)) + self.shortcut(x))

        network = nn.Sequential(
            nn.Conv2d(3, self.width, 3, padding=1, bias=False),
            nn.BatchNorm2d(self.width),
            nn.ReLU(),
            *(Block(stage) for stage in self.stages()),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4 * self.width, CLASSES),
        )
        return (network,)

    def arrays(self, draw: np.random.Generator) -> Arrays:
        images = draw.standard_normal((self.batch, 3, self.side, self.side), dtype=np.float32)
        return images, draw.integers(CLASSES, size=self.batch)

    def products(self) -> list[Product]:
        found = convolution(self.batch, self.side, 3, self.width, 3, first=True)
        for inputs, outputs, _, side in self.stages():
            found += convolution(self.batch, side, inputs, outputs, 3)
            found += convolution(self.batch, side, outputs, outputs, 3)
            if inputs != outputs:
                found += convolution(self.batch, side, inputs, outputs, 1)
        return found + linear(self.batch, 4 * self.width, CLASSES)
