"""Positions of sequences whose members are registered under the names "0", "1", ..."""

from __future__ import annotations

import operator
from typing import SupportsIndex


def position_of(index: SupportsIndex, length: int) -> int:
    """The position that an index means, counted from the end if negative; raises IndexError outside."""
    given = operator.index(index)
    if not -length <= given < length:
        raise IndexError(f"index {given} is out of range")
    return given % length
