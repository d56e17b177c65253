"""Uniform: all numbers of an interval alike."""

from __future__ import annotations

import math
from typing import Any, Self

from engine.backend.size import Size
from engine.distributions import constraints
from engine.distributions.constraints import Constraint
from engine.distributions.distribution import Distribution, Shape
from engine.distributions.parameters import broadcast_all
from engine.random import rand
from engine.tensors import Tensor


class Uniform(Distribution):
    """1 / (high - low) in [low, high) (torch.distributions.Uniform)."""

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """`low < high`."""
        return {"low": constraints.less_than(self.high), "high": constraints.greater_than(self.low)}

    @property
    def support(self) -> Constraint:
        """From low to high."""
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        """The middle."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        """There is none: NaN."""
        return math.nan * self.high

    @property
    def stddev(self) -> Tensor:
        """(high - low) / √12."""
        return (self.high - self.low) / 12**0.5

    @property
    def variance(self) -> Tensor:
        """(high - low)² / 12."""
        return (self.high - self.low).pow(2) / 12

    def expand(self, batch_shape: Shape, _instance: Any = None) -> Self:
        """The same distributions in a batch of another shape."""
        shape = Size(batch_shape)
        return self._expanded(shape, _instance, low=self.low.expand(shape), high=self.high.expand(shape))

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """`low + u (high - low)`, for u uniform in [0, 1)."""
        shape = self._extended_shape(sample_shape)
        return self.low + rand(*shape, dtype=self.low.dtype, device=self.low.device) * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """-log(high - low) inside, -∞ outside."""
        if self._validate_args:
            self._validate_sample(value)
        inside = self.low.le(value) & self.high.gt(value)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        """(x - low) / (high - low), between 0 and 1."""
        if self._validate_args:
            self._validate_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(min=0, max=1)

    def icdf(self, value: Tensor) -> Tensor:
        """`low + p (high - low)`."""
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        """log(high - low)."""
        return (self.high - self.low).log()
