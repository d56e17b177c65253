"""A generator and a discriminator of convolutions (Radford et al. 2016, DCGAN) on small grey images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tests.benchmarks.workloads.products import Product, convolution, linear
from tests.benchmarks.workloads.workload import Arrays, Step, Workload, Wrapper, as_it_is


@dataclass(frozen=True)
class DCGAN(Workload):
    """Noise to `channels` at a quarter and a half of `side`, to an image; and back. One step trains both networks."""

    side: int = 28
    channels: tuple[int, int] = (128, 64)
    noise: int = 100

    images: ClassVar[bool] = True

    def networks(self, torch: Any) -> tuple[Any, ...]:
        nn = torch.nn
        deep, shallow = self.channels
        quarter = self.side // 4
        generator = nn.Sequential(
            nn.ConvTranspose2d(self.noise, deep, quarter, bias=False),
            nn.BatchNorm2d(deep),
            nn.ReLU(),
            nn.ConvTranspose2d(deep, shallow, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(shallow),
            nn.ReLU(),
            nn.ConvTranspose2d(shallow, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )
        discriminator = nn.Sequential(
            nn.Conv2d(1, shallow, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(shallow, deep, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(deep),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(deep * quarter * quarter, 1),
        )
        return generator, discriminator

    def arrays(self, draw: np.random.Generator) -> Arrays:
        real = draw.uniform(-1, 1, (self.batch, 1, self.side, self.side)).astype(np.float32)
        return real, draw.standard_normal((self.batch, self.noise, 1, 1), dtype=np.float32)

    def step(
        self, torch: Any, networks: Sequence[Any], optimizers: Sequence[Any], compiled: Wrapper = as_it_is
    ) -> Step:
        """The discriminator learns from real and made images, then the generator from the new discriminator."""
        (generator, discriminator), (generating, discriminating) = networks, optimizers
        judged = torch.nn.functional.binary_cross_entropy_with_logits
        true, false = torch.ones(self.batch, 1), torch.zeros(self.batch, 1)

        @compiled
        def make(noise: Any) -> Any:
            return generator(noise)

        @compiled
        def unmask(real: Any, made: Any) -> Any:
            return judged(discriminator(real), true) + judged(discriminator(made), false)

        @compiled
        def deceive(made: Any) -> Any:
            return judged(discriminator(made), true)

        def step(real: Any, noise: Any) -> Any:
            made = make(noise)
            discriminating.zero_grad()
            unmasked = unmask(real, made.detach())
            unmasked.backward()
            discriminating.step()
            generating.zero_grad()
            deceived = deceive(made)
            deceived.backward()
            generating.step()
            return unmasked.detach() + deceived.detach()

        return step

    def products(self) -> list[Product]:
        deep, shallow = self.channels
        batch, half, quarter = self.batch, self.side // 2, self.side // 4
        # A transposed convolution is the gradient of a convolution: the same products in another order.
        generator = [
            *linear(batch, self.noise, deep * quarter * quarter, first=True),
            *convolution(batch, quarter, shallow, deep, 4),
            *convolution(batch, half, 1, shallow, 4),
        ]
        inner = [*convolution(batch, quarter, shallow, deep, 4), *linear(batch, deep * quarter * quarter, 1)]
        learning = [*convolution(batch, half, 1, shallow, 4, first=True), *inner]
        return [*generator, *learning, *learning, *convolution(batch, half, 1, shallow, 4), *inner]
