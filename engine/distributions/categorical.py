"""Categorical: one of several categories, by probabilities."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, ClassVar, Self

from engine.autograd.modes import enable_grad, no_grad
from engine.backend.dtype import int64
from engine.backend.limits import finfo
from engine.backend.size import Size
from engine.creation import arange, full
from engine.distributions import constraints
from engine.distributions.constraints import Constraint
from engine.distributions.distribution import Distribution, Shape
from engine.distributions.parameters import logits_to_probs, one_given, probs_to_logits
from engine.ops.layouts.aligning import broadcast_tensors
from engine.random import multinomial
from engine.tensors import Tensor


class Categorical(Distribution):
    """The numbers 0 to K - 1 with `probs` in proportion to the last dimension (torch.distributions.Categorical).

    Give probs, which are normalised to the sum 1, or `logits`, log probabilities up to a constant.
    """

    has_enumerate_support = True
    arg_constraints: ClassVar[dict[str, Constraint]] = {
        "probs": constraints.simplex,
        "logits": constraints.real_vector,
    }

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        name = one_given(probs, logits)
        given = logits if probs is None else probs
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is None:
            self.__dict__["logits"] = logits - logits.logsumexp(dim=-1, keepdim=True)
        else:
            self.__dict__["probs"] = probs / probs.sum(-1, keepdim=True)
        self._num_events = given.shape[-1]
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @cached_property
    def logits(self) -> Tensor:
        """Log probabilities."""
        with enable_grad():
            return probs_to_logits(self.probs)

    @cached_property
    def probs(self) -> Tensor:
        """Probabilities."""
        with enable_grad():
            return logits_to_probs(self.logits)

    @property
    def support(self) -> Constraint:
        """0 to K - 1."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return Size((*self.batch_shape, self._num_events))

    @property
    def mean(self) -> Tensor:
        """Categories have none: NaN."""
        return full(self._extended_shape(), math.nan, dtype=self.probs.dtype, device=self.probs.device)

    @property
    def mode(self) -> Tensor:
        """The most probable category."""
        return self.probs.argmax(dim=-1)

    @property
    def variance(self) -> Tensor:
        """Categories have none: NaN."""
        return self.mean

    def expand(self, batch_shape: Shape, _instance: Any = None) -> Self:
        """The same distributions in a batch of another shape."""
        shape = (*batch_shape, self._num_events)
        given = {name: self.__dict__[name].expand(shape) for name in ("probs", "logits") if name in self.__dict__}
        made = self._expanded(batch_shape, _instance, **given)
        made._num_events = self._num_events
        return made

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Numbers of categories, int64."""
        count = math.prod(sample_shape)
        with no_grad():
            drawn = multinomial(self.probs.reshape(-1, self._num_events), count, True)
        return drawn.t().reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """`log p` of the category."""
        if self._validate_args:
            self._validate_sample(value)
        chosen, logits = broadcast_tensors(value.to(int64).unsqueeze(-1), self.logits)
        return logits.gather(-1, chosen[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        """-Σ p log p."""
        # A category of probability 0 adds 0, not NaN.
        finite = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(finite * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 to K - 1."""
        values = arange(self._num_events, dtype=int64, device=self.probs.device)
        values = values.view((-1,) + (1,) * len(self.batch_shape))
        return values.expand((-1, *self.batch_shape)) if expand else values
