"""Which values a parameter or a sample may have, and how errors name that (torch.distributions.constraints)."""

from __future__ import annotations

from typing import Any

from engine.tensors import Tensor


class Constraint:
    """A set of values; `check(value)` is True for each event that lies in it.

    `event_dim` is how many dimensions on the right make an event; `is_discrete` says that samples are whole numbers.
    """

    is_discrete: bool = False
    event_dim: int = 0
    shown: tuple[str, ...] = ()

    def check(self, value: Tensor) -> Tensor:
        """Which events satisfy the constraint."""
        raise NotImplementedError(f"{type(self).__name__} must define check(value)")

    def __repr__(self) -> str:
        bounds = ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)
        return f"{type(self).__name__}({bounds})"


class Real(Constraint):
    """All numbers but NaN."""

    def check(self, value: Tensor) -> Tensor:
        """Which are numbers."""
        return value == value


class Boolean(Constraint):
    """0 and 1."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        """Which are 0 or 1."""
        return (value == 0) | (value == 1)


class IntegerInterval(Constraint):
    """Whole numbers from `lower_bound` to `upper_bound`, both included."""

    is_discrete = True
    shown = ("lower_bound", "upper_bound")

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        """Which are whole and within the bounds."""
        return (value % 1 == 0) & (self.lower_bound <= value) & (value <= self.upper_bound)


class GreaterThan(Constraint):
    """Numbers above `lower_bound`."""

    shown = ("lower_bound",)

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Tensor) -> Tensor:
        """Which lie above the bound."""
        return self.lower_bound < value


class LessThan(Constraint):
    """Numbers below `upper_bound`."""

    shown = ("upper_bound",)

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        """Which lie below the bound."""
        return value < self.upper_bound


class Interval(Constraint):
    """Numbers from `lower_bound` to `upper_bound`, both included."""

    shown = ("lower_bound", "upper_bound")

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        """Which lie within the bounds."""
        return (self.lower_bound <= value) & (value <= self.upper_bound)


class Simplex(Constraint):
    """Vectors of numbers from 0 on that add up to 1."""

    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        """Which vectors are probabilities."""
        return (value >= 0).all(dim=-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class IndependentConstraint(Constraint):
    """A constraint that holds for an event if it holds for all its parts, along dimensions on the right."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        """Which events have nothing but parts that satisfy the constraint."""
        result = self.base_constraint.check(value)
        if result.dim() < self.reinterpreted_batch_ndims:
            raise ValueError(
                f"Expected value.dim() >= {self.event_dim} but got {value.dim()}: shape {list(value.shape)}"
            )
        return result.reshape((*result.shape[: result.dim() - self.reinterpreted_batch_ndims], -1)).all(-1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


independent = IndependentConstraint
boolean = Boolean()
greater_than = GreaterThan
integer_interval = IntegerInterval
interval = Interval
less_than = LessThan
positive = GreaterThan(0.0)
real = Real()
real_vector = IndependentConstraint(real, 1)
simplex = Simplex()
unit_interval = Interval(0.0, 1.0)

__all__ = [
    "Constraint",
    "boolean",
    "greater_than",
    "independent",
    "integer_interval",
    "interval",
    "less_than",
    "positive",
    "real",
    "real_vector",
    "simplex",
    "unit_interval",
]
