"""Distribution: shapes of batches and events, what is checked, and what every distribution answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from engine.autograd.modes import no_grad
from engine.backend.size import Size
from engine.distributions.constraints import Constraint
from engine.tensors import Tensor

Shape = Sequence[int]


class Distribution:
    """A probability distribution, or a batch of them (torch.distributions.Distribution).

    Samples have the shape sample_shape + `batch_shape` + `event_shape`. With `validate_args`, parameters and values
    that violate a constraint raise ValueError; it is on by default.
    """

    has_rsample: ClassVar[bool] = False
    has_enumerate_support: ClassVar[bool] = False
    _validate_args: bool = __debug__

    def __init__(self, batch_shape: Shape = (), event_shape: Shape = (), validate_args: bool | None = None) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions check their parameters and values where nothing else is said."""
        if not isinstance(value, bool):
            raise ValueError(f"set_default_validate_args() takes True or False, got {value!r}")
        Distribution._validate_args = value

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """Which values each parameter may have."""
        raise NotImplementedError(f"{type(self).__name__} does not define arg_constraints")

    @property
    def support(self) -> Constraint:
        """Which values have a probability."""
        raise NotImplementedError(f"{type(self).__name__} does not define support")

    @property
    def batch_shape(self) -> Size:
        """The shape over which parameters are batched."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of a single event."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise NotImplementedError(f"{type(self).__name__} does not define its mean")

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise NotImplementedError(f"{type(self).__name__} does not define its mode")

    @property
    def variance(self) -> Tensor:
        """The expected square of the distance from the mean."""
        raise NotImplementedError(f"{type(self).__name__} does not define its variance")

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def expand(self, batch_shape: Shape, _instance: Any = None) -> Self:
        """The same distributions in a batch of another shape, to which parameters are expanded; nothing is checked."""
        raise NotImplementedError(f"{type(self).__name__} does not define expand()")

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Random values without gradients."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Random values as a function of the parameters, for gradients; NotImplementedError where there is none."""
        raise NotImplementedError(f"{type(self).__name__} has no rsample(): its samples have no gradients")

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability, or its density, of values."""
        raise NotImplementedError(f"{type(self).__name__} does not define log_prob()")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of all that is at most `value`."""
        raise NotImplementedError(f"{type(self).__name__} does not define cdf()")

    def icdf(self, value: Tensor) -> Tensor:
        """The value below which the probability `value` lies."""
        raise NotImplementedError(f"{type(self).__name__} does not define icdf()")

    def entropy(self) -> Tensor:
        """The expected value of -log_prob, in nats."""
        raise NotImplementedError(f"{type(self).__name__} does not define its entropy")

    def perplexity(self) -> Tensor:
        """exp(entropy)."""
        return self.entropy().exp()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution along a new first dimension, expanded to the batch or not."""
        raise NotImplementedError(f"{type(self).__name__} has no values that could be enumerated")

    def _extended_shape(self, sample_shape: Shape = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _expanded(self, batch_shape: Shape, instance: Any, **parameters: Tensor) -> Self:
        """A distribution of this class, or `instance`, with these parameters and the checks of this one."""
        made = type(self).__new__(type(self)) if instance is None else instance
        made.__dict__.update(parameters)
        Distribution.__init__(made, batch_shape, self._event_shape, validate_args=False)
        made._validate_args = self._validate_args
        return made

    def _check_parameters(self) -> None:
        for name, constraint in self.arg_constraints.items():
            if name not in self.__dict__:
                continue
            value = self.__dict__[name]
            if not bool(constraint.check(value).all()):
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def _validate_sample(self, value: Any) -> None:
        """Raise ValueError for a value that is no tensor, has another shape, or lies outside the support."""
        if not isinstance(value, Tensor):
            raise ValueError(f"The value argument to log_prob must be a Tensor, got {type(value).__name__}")
        expected = self._batch_shape + self._event_shape
        if tuple(value.shape[value.dim() - len(self._event_shape) :]) != tuple(self._event_shape):
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.shape} vs {self._event_shape}."
            )
        for given, own in zip(reversed(value.shape), reversed(expected), strict=False):
            if 1 not in (given, own) and given != own:
                raise ValueError(
                    f"Value is not broadcastable with batch_shape+event_shape: {value.shape} vs {expected}."
                )
        if not bool(self.support.check(value).all()):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the "
                f"support ({self.support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        given = {name: self.__dict__[name] for name in self.arg_constraints if name in self.__dict__}
        shown = ", ".join(f"{name}: {each if each.numel() == 1 else each.shape}" for name, each in given.items())
        return f"{type(self).__name__}({shown})"
