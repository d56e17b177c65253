"""What optimizers demand of their numbers."""

from __future__ import annotations


def demand_at_least_zero(name: str, value: float) -> None:
    """Raise ValueError for a negative number or NaN."""
    if not value >= 0:
        raise ValueError(f"Invalid {name}: {value}; 0 or more is expected")


def demand_beta(position: int, value: float) -> None:
    """Raise ValueError for a decay rate outside [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"Invalid beta parameter at index {position}: {value}; a number from 0 to below 1 is expected")
