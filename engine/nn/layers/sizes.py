"""Settings of layers that are one number for all dimensions, or one for each."""

from __future__ import annotations

from typing import Any

Sizes = int | tuple[int, ...]


def each(value: Any, count: int) -> tuple[Any, ...]:
    """A number repeated `count` times; a sequence as a tuple."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * count
