"""Bernoulli: 1 with a probability, else 0."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, ClassVar, Self

from engine.autograd.modes import enable_grad, no_grad
from engine.backend.size import Size
from engine.creation import arange
from engine.distributions import constraints
from engine.distributions.constraints import Constraint
from engine.distributions.distribution import Distribution, Shape
from engine.distributions.parameters import broadcast_all, logits_to_probs, one_given, probs_to_logits
from engine.ops.losses.loss import binary_cross_entropy_with_logits
from engine.random import bernoulli
from engine.tensors import Tensor


class Bernoulli(Distribution):
    """1 with probability `probs`, whose log odds are `logits`, else 0; give one of the two (PyTorch's class)."""

    has_enumerate_support = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support: ClassVar[Constraint] = constraints.boolean

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        name = one_given(probs, logits)
        (given,) = broadcast_all(logits if probs is None else probs)
        self.__dict__[name] = given
        super().__init__(given.shape, validate_args=validate_args)

    @cached_property
    def logits(self) -> Tensor:
        """`log p / (1 - p)`."""
        with enable_grad():
            return probs_to_logits(self.probs, is_binary=True)

    @cached_property
    def probs(self) -> Tensor:
        """The probability of 1."""
        with enable_grad():
            return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self.batch_shape

    @property
    def mean(self) -> Tensor:
        """`p`."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """The more probable of 0 and 1; NaN where they are equally so."""
        return (self.probs >= 0.5).to(self.probs.dtype).masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Tensor:
        """`p (1 - p)`."""
        return self.probs * (1 - self.probs)

    def expand(self, batch_shape: Shape, _instance: Any = None) -> Self:
        """The same distributions in a batch of another shape."""
        shape = Size(batch_shape)
        given = {name: self.__dict__[name].expand(shape) for name in ("probs", "logits") if name in self.__dict__}
        return self._expanded(shape, _instance, **given)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Zeros and ones in the parameter's type."""
        with no_grad():
            return bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """`x log p + (1 - x) log(1 - p)`."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -_cross_entropy(logits, value)

    def entropy(self) -> Tensor:
        """-p log p - (1 - p) log(1 - p)."""
        return _cross_entropy(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1."""
        values = arange(2, dtype=self.probs.dtype, device=self.probs.device)
        values = values.view((-1,) + (1,) * len(self.batch_shape))
        return values.expand((-1, *self.batch_shape)) if expand else values


def _cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(logits, target, reduction="none")
