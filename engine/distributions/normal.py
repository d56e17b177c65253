"""Normal: Gauss's distribution of one number."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self

from engine.backend.size import Size
from engine.distributions import constraints
from engine.distributions.constraints import Constraint
from engine.distributions.distribution import Distribution, Shape
from engine.distributions.parameters import broadcast_all
from engine.random import randn
from engine.tensors import Tensor


class Normal(Distribution):
    """exp(-(x - loc)² / 2 scale²) / (scale √2π) (torch.distributions.Normal); `scale` is the standard deviation."""

    has_rsample = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support: ClassVar[Constraint] = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """`loc`."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """`loc`."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """`scale`."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """scale²."""
        return self.scale.pow(2)

    def expand(self, batch_shape: Shape, _instance: Any = None) -> Self:
        """The same distributions in a batch of another shape."""
        shape = Size(batch_shape)
        return self._expanded(shape, _instance, loc=self.loc.expand(shape), scale=self.scale.expand(shape))

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """`loc + scale ε`."""
        shape = self._extended_shape(sample_shape)
        return self.loc + randn(*shape, dtype=self.loc.dtype, device=self.loc.device) * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """-(x - loc)² / 2 scale² - log scale - log √2π."""
        if self._validate_args:
            self._validate_sample(value)
        return -((value - self.loc) ** 2) / (2 * self.variance) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def cdf(self, value: Tensor) -> Tensor:
        """(1 + erf((x - loc) / scale √2)) / 2."""
        if self._validate_args:
            self._validate_sample(value)
        return 0.5 * (1 + ((value - self.loc) * self.scale.reciprocal() / math.sqrt(2)).erf())

    def icdf(self, value: Tensor) -> Tensor:
        """`loc + scale √2 erf⁻¹(2p - 1)`."""
        return self.loc + self.scale * (2 * value - 1).erfinv() * math.sqrt(2)

    def entropy(self) -> Tensor:
        """1/2 + log √2π + log scale."""
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()
